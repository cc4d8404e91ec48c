"""EfficientNet-lite as an ONNX model, made from its weights (Tan and Le, EfficientNet, 2019; lite: ReLU6 throughout).

Sizes, kernels and shortcuts follow from the shapes of the weights; only where the picture is halved must be known.
Normalisation is folded into the convolutions before it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.tagging.engines import engine
from pipelines.tagging.torch_weights import Weights
from recsys.errors import AssetError, require

EPSILON = 1e-3
"""Of the normalisation."""
PICTURE, VECTOR, SCORES = "picture", "vector", "scores"
"""Names of the input (n, 3, size, size) and of the outputs (n, 1280) and (n, n_classes)."""
OPSET, IR = 17, 8


def efficientnet_bytes(weights: Weights, halving: Sequence[int], size: int) -> bytes:
    """The model as ONNX, with the vector before the last layer as a second output.

    Args:
        weights: by the names of the PyTorch port (`_conv_stem.weight`, `_blocks.3._project_conv.weight`, …).
        halving: numbers of the blocks that halve the picture; the stem does so too.
        size: side of the square picture.

    Raises:
        MissingExtraError: the package onnx is not installed.
        AssetError: a weight is missing.
    """
    return _Making(weights, engine("onnx", "classifying frames")).model(frozenset(halving), size)


class _Making:
    """The nodes so far."""

    def __init__(self, weights: Weights, onnx: Any) -> None:
        self.weights, self.onnx = weights, onnx
        self.nodes: list[Any] = []
        self.constants: dict[str, NDArray[np.float32]] = {
            "zero": np.array(0, np.float32), "six": np.array(6, np.float32)
        }  # fmt: skip

    def model(self, halving: frozenset[int], size: int) -> bytes:
        at = self._convolved(PICTURE, "_conv_stem", "_bn0", stride=2)
        n_blocks = 1 + max(int(name.split(".")[1]) for name in self.weights if name.startswith("_blocks."))
        for number in range(n_blocks):
            at = self._block(at, f"_blocks.{number}.", 2 if number in halving else 1)
        head = self._convolved(at, "_conv_head", "_bn1")
        pooled = self._made("GlobalAveragePool", [head], "pooled")
        self._made("Flatten", [pooled], VECTOR)
        self.constants |= {"fc": self._weight("_fc.weight"), "fc_bias": self._weight("_fc.bias")}
        self._made("Gemm", [VECTOR, "fc", "fc_bias"], SCORES, transB=1)
        helper, kind = self.onnx.helper, self.onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            self.nodes, "efficientnet_lite", [helper.make_tensor_value_info(PICTURE, kind, ["n", 3, size, size])],
            [helper.make_tensor_value_info(name, kind, ["n", "size"]) for name in (SCORES, VECTOR)],
            [self.onnx.numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )  # fmt: skip
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        return made.SerializeToString()

    def _block(self, given: str, name: str, stride: int) -> str:
        """Widen, look around, narrow; with a shortcut where input and output have one shape."""
        widened = f"{name}_expand_conv.weight" in self.weights
        at = self._convolved(given, f"{name}_expand_conv", f"{name}_bn0") if widened else given
        at = self._convolved(at, f"{name}_depthwise_conv", f"{name}_bn1", stride)
        at = self._convolved(at, f"{name}_project_conv", f"{name}_bn2", bounded=False)
        n_in = self._weight(f"{name}_expand_conv.weight").shape[1] if widened else self._width(f"{name}_depthwise_conv")
        if stride == 1 and n_in == self._width(f"{name}_project_conv"):
            return self._made("Add", [at, given], f"{name}sum")
        return at

    def _convolved(self, given: str, name: str, normal: str, stride: int = 1, bounded: bool = True) -> str:
        """A convolution with its normalisation, and values kept within 0 and 6."""
        kernel = self._weight(f"{name}.weight")
        scale = self._weight(f"{normal}.weight") / np.sqrt(self._weight(f"{normal}.running_var") + EPSILON)
        self.constants[name] = kernel * scale[:, None, None, None]
        self.constants[f"{name}_bias"] = self._weight(f"{normal}.bias") - self._weight(f"{normal}.running_mean") * scale
        group = kernel.shape[0] if name.endswith("_depthwise_conv") else 1
        how = {"group": group, "strides": [stride] * 2, "auto_pad": "SAME_UPPER"}
        at = self._made("Conv", [given, name, f"{name}_bias"], f"{name}_out", **how)
        return self._made("Clip", [at, "zero", "six"], f"{name}_bounded") if bounded else at

    def _made(self, kind: str, takes: Sequence[str], gives: str, **attributes: Any) -> str:
        self.nodes.append(self.onnx.helper.make_node(kind, list(takes), [gives], **attributes))
        return gives

    def _width(self, name: str) -> int:
        """How many channels a convolution gives."""
        return self._weight(f"{name}.weight").shape[0]

    def _weight(self, name: str) -> NDArray[np.float32]:
        require(name in self.weights, f"the weights lack {name}", AssetError)
        return self.weights[name].astype(np.float32)
