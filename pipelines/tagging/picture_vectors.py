"""Pictures as vectors in which like ones lie near each other: what MobileNetV2 holds before it decides on a class."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.tagging.decoding import Picture
from pipelines.tagging.engines import engine
from pipelines.tagging.onnx_session import session
from pipelines.tagging.preprocessing import Preprocessing
from pipelines.tagging.weights import MOBILENET_V2, weights

UNRELATED = 0.6
"""Cosine that pictures with nothing in common seldom pass; of 26 frames of unrelated shots, one pair in ten does."""
PREPROCESSING = Preprocessing(fit="stretch")
"""All of the picture: what a person labels may stand at its edge."""

Vector = NDArray[np.float32]
"""(1280,) of length 1."""


def load_vectors(cache_dir: Path | None = None) -> Callable[[Picture], Vector]:
    """From a picture to its vector.

    Raises:
        MissingExtraError: the extra `tagging` is not installed.
        AssetError: the model cannot be had.
    """
    onnx = engine("onnx", "comparing frames")
    model = onnx.load(str(weights(MOBILENET_V2, cache_dir) / "mobilenetv2-7.onnx"))
    pooled = next(one.output[0] for one in reversed(model.graph.node) if one.op_type == "GlobalAveragePool")
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(pooled))
    made = session(model.SerializeToString(), "MobileNetV2")
    asks = made.get_inputs()[0].name

    def vector(picture: Picture) -> Vector:
        found = made.run([pooled], {asks: PREPROCESSING.of(picture)})[0].reshape(-1)
        return found / max(float(np.linalg.norm(found)), 1e-9)

    return vector
