import pickletools
import struct

import numpy as np
import pytest

from pipelines.tagging.efficientnet_graph import PICTURE, efficientnet_bytes
from pipelines.tagging.onnx_session import session
from pipelines.tagging.torch_weights import torch_weights
from recsys.errors import AssetError


class Pickle:
    """Writes the operations of a pickle by hand, as PyTorch's are; nothing here pickles."""

    def __init__(self):
        self.raw, self.memo = b"\x80\x02", {}

    def text(self, value):
        if value in self.memo:
            self.raw += b"h" + bytes([self.memo[value]])
            return self
        self.memo[value] = len(self.memo)
        coded = value.encode()
        self.raw += b"X" + struct.pack("<I", len(coded)) + coded + b"q" + bytes([self.memo[value]])
        return self

    def call(self, name):
        self.raw += b"c" + name.replace(" ", "\n").encode() + b"\n"
        return self

    def numbers(self, *values):
        marks = {0: (b"", b")"), 1: (b"", b"\x85"), 2: (b"", b"\x86")}.get(len(values), (b"(", b"t"))
        self.raw += marks[0] + b"".join(b"M" + struct.pack("<H", one) for one in values) + marks[1]
        return self

    def plain(self, raw):
        self.raw += raw
        return self

    def done(self):
        list(pickletools.genops(self.raw + b"."))  # it is well-formed
        return self.raw + b"."


def saved(tensors, storages):
    """tensors: name → (storage, first, shape, steps); storages: key → array."""
    state = Pickle().call("collections OrderedDict").plain(b")R(")
    for name, (key, first, shape, steps) in tensors.items():
        kind = "torch LongStorage" if storages[key].dtype.kind == "i" else "torch FloatStorage"
        state.text(name).call("torch._utils _rebuild_tensor_v2").plain(b"((").text("storage").call(kind).text(key)
        state.text("cpu").plain(b"M" + struct.pack("<H", len(storages[key])) + b"NtQ")
        state.plain(b"M" + struct.pack("<H", first)).numbers(*shape).numbers(*steps)
        state.plain(b"\x89").call("collections OrderedDict").plain(b")RtR")
    keys = Pickle().plain(b"](")
    for key in storages:
        keys.text(key)
    head = [Pickle().plain(b"K\x01").done(), Pickle().plain(b"K\x02").done(), Pickle().plain(b"}").done()]
    told = [state.plain(b"u").done(), keys.plain(b"e").done()]
    numbers = [struct.pack("<q", len(one)) + one.tobytes() for one in storages.values()]
    return b"".join([*head, *told, *numbers])


STORED = {"k1": np.arange(12, dtype="<f4"), "k2": np.array([7], "<i8"), "k3": np.float32([5, 6])}
TENSORS = {
    "conv.weight": ("k1", 0, (2, 3, 2), (6, 2, 1)), "turned.weight": ("k1", 0, (3, 4), (1, 3)),
    "part": ("k1", 4, (2,), (1,)), "count": ("k2", 0, (), ()), "bias": ("k3", 0, (2,), (1,)),
}  # fmt: skip


@pytest.fixture
def file(tmp_path):
    def write(raw):
        (tmp_path / "w.pth").write_bytes(raw)
        return tmp_path / "w.pth"

    return write


def test_every_tensor_has_its_name_shape_and_numbers(file):
    found = torch_weights(file(saved(TENSORS, STORED)))
    assert list(found) == list(TENSORS)
    assert found["conv.weight"].tolist() == np.arange(12).reshape(2, 3, 2).tolist()
    assert found["turned.weight"].tolist() == np.arange(12).reshape(4, 3).T.tolist()
    assert found["part"].tolist() == [4, 5]
    assert found["count"] == 7
    assert found["bias"].tolist() == [5, 6]


def test_what_the_file_says_to_call_is_not_called(file, tmp_path):
    gone = tmp_path / "ran"
    evil = Pickle().call("os system").text(f"touch {gone}").plain(b"\x85R").done()
    with pytest.raises(AssetError, match="holds no weights"):
        torch_weights(file(evil * 5))
    assert torch_weights(file(evil * 3 + saved(TENSORS, STORED)[len(b"\x80\x02K\x01.") * 2 + len(b"\x80\x02}.") :]))
    assert not gone.exists()


@pytest.mark.parametrize("cut", [1, 20, 60, 400])
def test_a_file_that_breaks_off_is_refused(file, cut):
    with pytest.raises(AssetError, match=r"holds no weights|break off"):
        torch_weights(file(saved(TENSORS, STORED)[:-cut]))


@pytest.mark.parametrize("tensor", [("k1", 8, (2, 3), (3, 1)), ("k1", 0, (4,), (9,))])
def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(file, tensor):
    with pytest.raises(AssetError, match="the numbers of x break off"):
        torch_weights(file(saved({"x": tensor}, {"k1": STORED["k1"]})))


@pytest.mark.parametrize("raw", [b"", b"no pickle", b"PK\x03\x04 a zip"])
def test_a_file_of_another_form_is_refused(file, raw):
    with pytest.raises(AssetError, match=r"w\.pth holds no weights that can be read here"):
        torch_weights(file(raw))


def normal(random, name, size):
    return {
        f"{name}.weight": random.uniform(0.5, 2, size), f"{name}.bias": random.normal(size=size),
        f"{name}.running_mean": random.normal(size=size), f"{name}.running_var": random.uniform(0.5, 2, size),
    }  # fmt: skip


@pytest.fixture
def weights():
    """A network of a stem, a narrow block with a shortcut, a wide one that halves, and a head."""
    random = np.random.default_rng(0)
    sizes = {
        "_conv_stem": (4, 3, 3, 3), "_blocks.0._depthwise_conv": (4, 1, 3, 3), "_blocks.0._project_conv": (4, 4, 1, 1),
        "_blocks.1._expand_conv": (8, 4, 1, 1), "_blocks.1._depthwise_conv": (8, 1, 5, 5),
        "_blocks.1._project_conv": (6, 8, 1, 1), "_conv_head": (10, 6, 1, 1),
    }  # fmt: skip
    made = {f"{name}.weight": random.normal(size=size) for name, size in sizes.items()}
    normals = {"_bn0": 4, "_blocks.0._bn1": 4, "_blocks.0._bn2": 4, "_blocks.1._bn0": 8, "_blocks.1._bn1": 8,
               "_blocks.1._bn2": 6, "_bn1": 10}  # fmt: skip
    for name, size in normals.items():
        made |= normal(random, name, size)
    return made | {"_fc.weight": random.normal(size=(5, 10)), "_fc.bias": random.normal(size=5)}


def slow_convolution(x, kernel, stride, group):
    """(channels, h, w) with zeros around as TensorFlow puts them: of an odd number, one more at the end."""
    size, k = -(-x.shape[1] // stride), kernel.shape[2]
    pad = max(0, (size - 1) * stride + k - x.shape[1])
    x = np.pad(x, ((0, 0), (pad // 2, pad - pad // 2), (pad // 2, pad - pad // 2)))
    out = np.zeros((len(kernel), size, size))
    per = len(x) // group
    for o, one in enumerate(kernel):
        first = (o * group // len(kernel)) * per
        for row in range(size):
            for column in range(size):
                seen = x[first : first + per, row * stride : row * stride + k, column * stride : column * stride + k]
                out[o, row, column] = (seen * one).sum()
    return out


def slow_network(weights, x):
    def layer(x, conv, normal, stride=1, bounded=True):
        kernel = weights[f"{conv}.weight"]
        x = slow_convolution(x, kernel, stride, len(kernel) if "depthwise" in conv else 1)
        mean, var, scale, bias = (
            weights[f"{normal}.{one}"] for one in ("running_mean", "running_var", "weight", "bias")
        )
        shaped = [one[:, None, None] for one in (mean, var, scale, bias)]
        x = (x - shaped[0]) / np.sqrt(shaped[1] + 1e-3) * shaped[2] + shaped[3]
        return np.clip(x, 0, 6) if bounded else x

    x = layer(x, "_conv_stem", "_bn0", 2)
    inner = layer(x, "_blocks.0._depthwise_conv", "_blocks.0._bn1")
    x = x + layer(inner, "_blocks.0._project_conv", "_blocks.0._bn2", bounded=False)
    x = layer(x, "_blocks.1._expand_conv", "_blocks.1._bn0")
    x = layer(x, "_blocks.1._depthwise_conv", "_blocks.1._bn1", 2)
    x = layer(x, "_blocks.1._project_conv", "_blocks.1._bn2", bounded=False)
    vector = layer(x, "_conv_head", "_bn1").mean(axis=(1, 2))
    return weights["_fc.weight"] @ vector + weights["_fc.bias"], vector


def test_the_graph_computes_what_a_slow_network_does(weights):
    pytest.importorskip("onnx", reason="needs the extra 'tagging'")
    x = np.random.default_rng(1).normal(size=(3, 14, 14))
    model = session(efficientnet_bytes(weights, [1], 14), "made up")
    scores, vector = model.run(None, {PICTURE: x[None].astype(np.float32)})
    slow_scores, slow_vector = slow_network(weights, x)
    assert np.allclose(vector[0], slow_vector, atol=1e-4)
    assert np.allclose(scores[0], slow_scores, atol=1e-3)


def test_a_weight_that_is_missing_is_named(weights):
    pytest.importorskip("onnx", reason="needs the extra 'tagging'")
    del weights["_blocks.1._bn1.bias"]
    with pytest.raises(AssetError, match=r"the weights lack _blocks\.1\._bn1\.bias"):
        efficientnet_bytes(weights, [1], 14)
