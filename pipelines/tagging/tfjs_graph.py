"""A graph model of TensorFlow.js, turned into an ONNX model; as many operations as convolutional detectors need.

Tensors of TensorFlow's convolutions have their channels last, ONNX's have them second: each is put between two
transpositions, most of which ONNX Runtime then cancels.
"""

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.tagging.engines import engine
from recsys.errors import AssetError, require

LAST_TO_SECOND, SECOND_TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]
OPSET, IR = 17, 8

Array = NDArray[Any]


def onnx_bytes(folder: Path, name: str, outputs: Sequence[str]) -> bytes:
    """The model's part that leads to the given outputs, as ONNX.

    Args:
        folder: has `{name}.json`, the graph, and `{name}.bin`, its weights.
        name: of both files.
        outputs: names of nodes of the graph.

    Raises:
        MissingExtraError: the package onnx is not installed.
        AssetError: the graph has an operation that is not among those known here, or lacks a node.
    """
    given = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return _Conversion(given, (folder / f"{name}.bin").read_bytes()).model(outputs)


class _Conversion:
    """One graph on its way."""

    def __init__(self, given: dict[str, Any], raw: bytes) -> None:
        self.onnx = engine("onnx", "finding objects")
        self.nodes = {one["name"]: one for one in given["modelTopology"]["node"]}
        self.constants = _weights(given["weightsManifest"][0]["weights"], raw)
        self.inputs: list[Any] = []
        self.made: list[Any] = []
        self.kept: dict[str, Array] = {}
        self.done: set[str] = set()
        self.known: dict[str, Callable[[str, list[str], dict[str, Any]], None]] = {
            "Placeholder": self._placeholder, "Pad": self._pad, "PadV2": self._pad, "Transpose": self._transpose,
            "Conv2D": self._convolution, "MaxPool": self._max_pool, "Add": self._add, "AddV2": self._add,
            "LeakyRelu": self._leaky_relu, "ConcatV2": self._concat, "ResizeBilinear": self._resize,
        }  # fmt: skip

    def model(self, outputs: Sequence[str]) -> bytes:
        for name in outputs:
            self._visit(name)
        helper, tensors = self.onnx.helper, self.onnx.numpy_helper
        graph = helper.make_graph(
            self.made, "from_tfjs", self.inputs,
            [helper.make_tensor_value_info(name, self.onnx.TensorProto.FLOAT, list("nchw")) for name in outputs],
            [tensors.from_array(np.ascontiguousarray(value), name) for name, value in self.kept.items()],
        )  # fmt: skip
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        return made.SerializeToString()

    def _visit(self, name: str) -> None:
        """Make a node after everything it takes; graphs are deep in the hundreds, so recursion is fine."""
        if name in self.done or name in self.constants:
            return
        self.done.add(name)
        node = self.nodes.get(name)
        require(node is not None, f"the graph has no node {name!r}", AssetError)
        takes = list((node or {}).get("input", []))
        for one in takes:
            self._visit(one)
        kind = (node or {})["op"]
        require(kind in self.known, f"the graph has a {kind}, which cannot be turned into ONNX here", AssetError)
        self.known[kind](name, takes, (node or {}).get("attr", {}))

    def _make(self, kind: str, takes: Sequence[str], gives: str, **attributes: Any) -> None:
        for one in takes:
            if one in self.constants:
                self.kept[one] = self.constants[one]
        self.made.append(self.onnx.helper.make_node(kind, list(takes), [gives], **attributes))

    def _keep(self, name: str, value: Array) -> str:
        self.kept[name] = value
        return name

    def _placeholder(self, name: str, takes: list[str], attributes: dict[str, Any]) -> None:
        shape = [int(one["size"]) for one in attributes["shape"]["shape"]["dim"]]
        self.inputs.append(self.onnx.helper.make_tensor_value_info(name, self.onnx.TensorProto.FLOAT, shape))

    def _pad(self, name: str, takes: list[str], attributes: dict[str, Any]) -> None:
        widths = self._keep(f"{name}/widths", self.constants[takes[1]].astype(np.int64).T.reshape(-1))
        fill = self.constants[takes[2]].astype(np.float32).reshape(()) if len(takes) > 2 else None
        extra = [] if fill is None else [self._keep(f"{name}/fill", fill)]
        self._make("Pad", [takes[0], widths, *extra], name)

    def _transpose(self, name: str, takes: list[str], attributes: dict[str, Any]) -> None:
        self._make("Transpose", takes[:1], name, perm=self.constants[takes[1]].tolist())

    def _convolution(self, name: str, takes: list[str], attributes: dict[str, Any]) -> None:
        kernel = self._keep(f"{name}/kernel", self.constants[takes[1]].transpose(3, 2, 0, 1))
        self._between("Conv", name, takes[0], [kernel], attributes)

    def _max_pool(self, name: str, takes: list[str], attributes: dict[str, Any]) -> None:
        self._between("MaxPool", name, takes[0], [], attributes, kernel_shape=_two(attributes["ksize"]))

    def _between(
        self, kind: str, name: str, takes: str, extra: list[str], attributes: dict[str, Any], **more: Any
    ) -> None:
        padding = base64.b64decode(attributes["padding"]["s"])
        require(padding == b"VALID", f"{name} pads by {padding!r}; only VALID can be turned into ONNX here", AssetError)
        self._make("Transpose", [takes], f"{name}/in", perm=LAST_TO_SECOND)
        self._make(kind, [f"{name}/in", *extra], f"{name}/out", strides=_two(attributes["strides"]), **more)
        self._make("Transpose", [f"{name}/out"], name, perm=SECOND_TO_LAST)

    def _add(self, name: str, takes: list[str], attributes: dict[str, Any]) -> None:
        self._make("Add", takes, name)

    def _leaky_relu(self, name: str, takes: list[str], attributes: dict[str, Any]) -> None:
        self._make("LeakyRelu", takes, name, alpha=attributes["alpha"]["f"])

    def _concat(self, name: str, takes: list[str], attributes: dict[str, Any]) -> None:
        self._make("Concat", takes[:-1], name, axis=int(self.constants[takes[-1]]))

    def _resize(self, name: str, takes: list[str], attributes: dict[str, Any]) -> None:
        size = self._keep(f"{name}/size", self.constants[takes[1]].astype(np.int64))
        self._make("Transpose", [takes[0]], f"{name}/in", perm=LAST_TO_SECOND)
        self._make("Shape", [f"{name}/in"], f"{name}/batch", start=0, end=2)
        self._make("Concat", [f"{name}/batch", size], f"{name}/sizes", axis=0)
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        self._make("Resize", [f"{name}/in", "", "", f"{name}/sizes"], f"{name}/out", **how)
        self._make("Transpose", [f"{name}/out"], name, perm=SECOND_TO_LAST)


def _two(attribute: dict[str, Any]) -> list[int]:
    """Height and width of an attribute for all four axes."""
    return [int(one) for one in attribute["list"]["i"]][1:3]


def _weights(listed: Sequence[dict[str, Any]], raw: bytes) -> dict[str, Array]:
    """Name → array; half precision becomes single."""
    found, at = {}, 0
    for one in listed:
        stored = np.dtype(one.get("quantization", one)["dtype"])
        n_values = int(np.prod(one["shape"]))  # 1 for a shape of ()
        whole = at + n_values * stored.itemsize <= len(raw)
        require(whole, f"weights end before {one['name']} does", AssetError)
        values = np.frombuffer(raw, stored, n_values, at).reshape(one["shape"])
        found[one["name"]] = values.astype(one["dtype"])
        at += n_values * stored.itemsize
    return found
