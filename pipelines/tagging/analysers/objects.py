"""People, vehicles, animals and things of COCO's 80 classes, by NanoDet-g."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.tagging.analysers.detector import Detector
from pipelines.tagging.boxes import Boxes
from pipelines.tagging.onnx_session import session
from pipelines.tagging.preprocessing import Input, Preprocessing
from pipelines.tagging.tfjs_graph import onnx_bytes
from pipelines.tagging.weights import NANODET, weights
from recsys.errors import ConfigError, require

NAME = "objects"
MAPS = ("PartitionedCall/transpose_99", "PartitionedCall/transpose_105", "PartitionedCall/transpose_111")
"""The graph's nodes with all that it says of places 8, 16 and 32 pixels apart."""
STRIDES = (8, 16, 32)
N_BINS = 11
"""The distance to each side is a distribution over so many steps (Li et al., Generalized Focal Loss, 2020)."""
COCO = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant",
    "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
    "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet",
    "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip
PREPROCESSING = Preprocessing(
    size=416, fit="pad", colours="bgr", mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395)
)


@dataclass(frozen=True, kw_only=True)
class ObjectsConfig:
    """Which objects count."""

    confidence: float = 0.45
    """Less sure ones are dropped."""

    def __post_init__(self) -> None:
        """Check the range."""
        require(0 <= self.confidence <= 1, f"confidence is {self.confidence}; it must be in [0, 1]", ConfigError)


def load_objects(config: ObjectsConfig, cache_dir: Path | None = None) -> Detector:
    """The analyser.

    Raises:
        MissingExtraError: its packages are not installed.
        AssetError: the model cannot be had.
    """
    model = session(onnx_bytes(weights(NANODET, cache_dir), "nanodet", MAPS), "NanoDet")
    asks = model.get_inputs()[0].name

    def detect(given: Input) -> Boxes:
        return decoded(model.run(None, {asks: given}))

    return Detector(
        name=NAME, version="nanodet-g-416", dimension="object", labels=COCO, language="en",
        preprocessing=PREPROCESSING, detect=detect, confidence=config.confidence,
    )  # fmt: skip


def decoded(maps: list[NDArray[np.float32]]) -> Boxes:
    """Every place's likeliest class and box, of maps (1, 80 + 4 · 11, h, w), one a stride."""
    parts = [_of_stride(one[0], stride) for one, stride in zip(maps, STRIDES, strict=True)]
    return Boxes(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _of_stride(
    given: NDArray[np.float32], stride: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    n_classes, (height, width) = len(COCO), given.shape[1:]
    flat = given.reshape(len(given), -1).T  # (h · w, 124)
    scores = 1 / (1 + np.exp(-flat[:, :n_classes]))
    classes = scores.argmax(axis=1)
    bins = flat[:, n_classes:].reshape(-1, 4, N_BINS)
    likely = np.exp(bins - bins.max(axis=2, keepdims=True))
    reach = (likely / likely.sum(axis=2, keepdims=True)) @ np.arange(N_BINS, dtype=np.float32) * stride  # (h · w, 4)
    rows, columns = np.mgrid[:height, :width]
    centre = np.stack([columns.ravel(), rows.ravel()], axis=1) * stride + (stride - 1) / 2
    corners = np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], axis=1).astype(np.float32)
    return corners, classes, scores[np.arange(len(scores)), classes]
