"""EfficientNet-lite2, trained on ImageNet: what a picture shows, and a vector that is near those of like pictures."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.tagging.efficientnet_graph import PICTURE, SCORES, VECTOR, efficientnet_bytes
from pipelines.tagging.onnx_session import session
from pipelines.tagging.preprocessing import Input, Preprocessing
from pipelines.tagging.torch_weights import torch_weights
from pipelines.tagging.weights import EFFICIENTNET_LITE2, weights

VERSION = "efficientnet-lite2"
SIZE = 260
HALVING = (1, 4, 7, 15)
"""The blocks that halve the picture: the first of the second, third, fourth and sixth stage."""
CROPPED = Preprocessing(size=SIZE, mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0))
"""The middle of a picture, as the model was trained."""
WHOLE = Preprocessing(size=SIZE, fit="stretch", mean=CROPPED.mean, std=CROPPED.std)
"""All of a picture: what a person labels may stand at its edge."""

UNRELATED = 0.45
"""Cosine that pictures with nothing in common seldom pass: of pairs out of 71 shots and photos, one in 80."""

Vector = NDArray[np.float32]
"""(1280,) of length 1."""
Outputs = tuple[NDArray[np.float32], Vector]
"""Scores (1000,) and the vector."""


def load_efficientnet(cache_dir: Path | None = None) -> Callable[[Input], Outputs]:
    """From a picture to its scores and its vector.

    Raises:
        MissingExtraError: the extra `tagging` is not installed.
        AssetError: the model is not on this machine.
    """
    stored = torch_weights(weights(EFFICIENTNET_LITE2, cache_dir) / "efficientnet-lite2-9656183e.pth")
    model = session(efficientnet_bytes(stored, HALVING, SIZE), VERSION)

    def outputs(given: Input) -> Outputs:
        scores, vectors = model.run([SCORES, VECTOR], {PICTURE: given})
        return scores[0], vectors[0] / max(float(np.linalg.norm(vectors[0])), 1e-9)

    return outputs
