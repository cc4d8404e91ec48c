import base64
import json

import numpy as np
import pytest

from pipelines.tagging.onnx_session import session
from pipelines.tagging.tfjs_graph import onnx_bytes
from recsys.errors import AssetError

pytest.importorskip("onnx", reason="needs the extra 'tagging'")
VALID = {"padding": {"s": base64.b64encode(b"VALID").decode()}}


def ones(*values):
    return {"list": {"i": [str(one) for one in values]}}


@pytest.fixture
def graph(tmp_path):
    """Writes a graph: nodes (name, op, inputs, attributes) and constants, stored at half precision where floats."""

    def write(nodes, cut=0, **constants):
        listed, raw = [], b""
        for name, value in constants.items():
            value = np.asarray(value)
            half = value.dtype.kind == "f"
            listed.append(
                {"name": name, "shape": list(value.shape), "dtype": "float32" if half else "int32"}
                | ({"quantization": {"dtype": "float16"}} if half else {})
            )
            raw += value.astype(np.float16 if half else np.int32).tobytes()
        shape = {"shape": {"shape": {"dim": [{"size": str(one)} for one in (1, 2, 6, 6)]}}}
        told = [{"name": "x", "op": "Placeholder", "attr": shape}]
        told += [{"name": name, "op": op, "input": takes, "attr": more} for name, op, takes, more in nodes]
        given = {"modelTopology": {"node": told}, "weightsManifest": [{"weights": listed}]}
        (tmp_path / "g.json").write_text(json.dumps(given))
        (tmp_path / "g.bin").write_bytes(raw[: len(raw) - cut])
        return tmp_path

    return write


def test_a_graph_computes_what_it_says(graph):
    random = np.random.default_rng(0)
    kernel, bias = random.normal(size=(3, 3, 2, 4)).astype(np.float16), np.float16([1, -2, 3, 0])
    folder = graph(
        [
            ("last", "Transpose", ["x", "perm"], {}),
            ("padded", "Pad", ["last", "widths"], {}),
            ("conv", "Conv2D", ["padded", "kernel"], VALID | {"strides": ones(1, 2, 2, 1)}),
            ("sum", "Add", ["conv", "bias"], {}),
            ("leaky", "LeakyRelu", ["sum"], {"alpha": {"f": 0.1}}),
            ("filled", "PadV2", ["leaky", "widths", "low"], {}),
            ("pool", "MaxPool", ["filled"], VALID | {"strides": ones(1, 1, 1, 1), "ksize": ones(1, 3, 3, 1)}),
            ("twice", "ConcatV2", ["pool", "leaky", "axis"], {}),
        ],
        perm=[0, 2, 3, 1], widths=[[0, 0], [1, 1], [1, 1], [0, 0]], kernel=kernel, bias=bias, axis=3,
        low=np.float16(-60000),
    )  # fmt: skip
    x = random.normal(size=(1, 2, 6, 6)).astype(np.float32)
    (found,) = session(onnx_bytes(folder, "g", ["twice"]), "graph").run(None, {"x": x})

    padded = np.pad(x.transpose(0, 2, 3, 1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    places = [
        [padded[0, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3] for column in range(3)] for row in range(3)
    ]
    conv = np.array([[(one[..., None] * kernel.astype(np.float32)).sum((0, 1, 2)) for one in row] for row in places])
    leaky = conv + bias.astype(np.float32)
    leaky = np.where(leaky > 0, leaky, 0.1 * leaky)
    wide = np.pad(leaky, ((1, 1), (1, 1), (0, 0)), constant_values=-60000)
    pool = np.array([[wide[row : row + 3, column : column + 3].max((0, 1)) for column in range(3)] for row in range(3)])
    assert np.allclose(found[0], np.concatenate([pool, leaky], axis=2), atol=1e-4)


def test_resizing_takes_the_middles_of_pixels(graph):
    folder = graph(
        [("last", "Transpose", ["x", "perm"], {}), ("big", "ResizeBilinear", ["last", "size"], {})],
        perm=[0, 2, 3, 1], size=[12, 12],
    )  # fmt: skip
    x = np.arange(72, dtype=np.float32).reshape(1, 2, 6, 6)
    (found,) = session(onnx_bytes(folder, "g", ["big"]), "graph").run(None, {"x": x})
    assert found.shape == (1, 12, 12, 2)
    assert found[0, 0, :4, 0].tolist() == [0, 0.25, 0.75, 1.25]


def test_only_what_leads_to_the_outputs_must_be_known(graph):
    nodes = [("a", "Add", ["x", "x"], {}), ("b", "NonMaxSuppressionV5", ["a"], {})]
    assert onnx_bytes(graph(nodes), "g", ["a"])
    with pytest.raises(AssetError, match="the graph has a NonMaxSuppressionV5"):
        onnx_bytes(graph(nodes), "g", ["b"])


def test_a_node_that_is_not_there_is_named(graph):
    with pytest.raises(AssetError, match="the graph has no node 'gone'"):
        onnx_bytes(graph([]), "g", ["gone"])


def test_weights_that_break_off_are_told(graph):
    with pytest.raises(AssetError, match="weights end before bias does"):
        onnx_bytes(graph([("a", "Add", ["x", "bias"], {})], cut=1, bias=np.float16([1, 2])), "g", ["a"])


def test_padding_of_another_kind_is_told(graph):
    same = {
        "padding": {"s": base64.b64encode(b"SAME").decode()},
        "strides": ones(1, 1, 1, 1),
        "ksize": ones(1, 2, 2, 1),
    }
    with pytest.raises(AssetError, match="pads by b'SAME'"):
        onnx_bytes(graph([("a", "MaxPool", ["x"], same)]), "g", ["a"])
