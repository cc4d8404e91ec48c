"""A user's own ONNX models: classifiers, detectors, and pairs of encoders of pictures and texts such as CLIP."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.tagging.analysers.classifier import Activation, Classifier, Scores
from pipelines.tagging.analysers.detector import Detector
from pipelines.tagging.boxes import Boxes
from pipelines.tagging.engines import engine
from pipelines.tagging.onnx_session import session
from pipelines.tagging.preprocessing import Input, Preprocessing
from recsys.errors import ConfigError, DataError, require

ZERO, BYTE = (0.0, 0.0, 0.0), (255.0, 255.0, 255.0)
CLIP_PREPROCESSING = Preprocessing(
    resize=224, mean=(122.771, 116.746, 104.094), std=(68.5005, 66.6322, 70.3232)
)  # of Radford et al., 2021, times 255


@dataclass(frozen=True, kw_only=True)
class OwnClassifierConfig:
    """A classifier: one picture in, a number for each label out."""

    model: Path
    """The ONNX file."""
    labels: Path
    """A text file, a label a line, in the order of the model's numbers."""
    dimension: str = "object"
    language: str = "en"
    preprocessing: Preprocessing = Preprocessing()
    activation: Activation = "softmax"
    temperature: float = 1.0
    confidence: float = 0.5
    most: int = 3

    def __post_init__(self) -> None:
        """Check the ranges."""
        require(self.temperature > 0, f"temperature is {self.temperature}; it must be above 0", ConfigError)
        require(0 <= self.confidence <= 1, f"confidence is {self.confidence}; it must be in [0, 1]", ConfigError)


@dataclass(frozen=True, kw_only=True)
class OwnDetectorConfig:
    """A detector: one picture in, boxes out."""

    model: Path
    """The ONNX file."""
    labels: Path
    """A text file, a label a line, in the order of the model's classes."""
    boxes: Literal["yolo", "corners"] = "yolo"
    """`yolo`: (1, 4 + n_labels, n) or its transpose, a box as centre and size, then a confidence for each label;
    `corners`: (1, n, 6), each left, top, right, bottom, confidence, class. All in pixels of the input."""
    dimension: str = "object"
    language: str = "en"
    preprocessing: Preprocessing = Preprocessing(size=640, fit="pad", mean=ZERO, std=BYTE)
    confidence: float = 0.5

    def __post_init__(self) -> None:
        """Check the range, and that boxes can be brought back to the picture."""
        require(0 <= self.confidence <= 1, f"confidence is {self.confidence}; it must be in [0, 1]", ConfigError)
        require(
            self.preprocessing.fit != "crop",
            "preprocessing.fit is 'crop'; a detector needs pad or stretch",
            ConfigError,
        )


@dataclass(frozen=True, kw_only=True)
class OwnClipConfig:
    """Encoders of pictures and of texts into one space: any label is found by its name."""

    image: Path
    """The ONNX file that takes a picture."""
    text: Path
    """The ONNX file that takes token ids (n, context), and an attention mask where it has a second input."""
    tokenizer: Path
    """A `tokenizer.json` as Hugging Face's tokenizers write it."""
    labels: Path
    """A text file, a label a line, in any language that the text encoder knows."""
    prompt: str = "a photo of {}"
    """What is encoded for a label."""
    background: tuple[str, ...] = ("a photo", "a blurred picture")
    """What a picture is taken for where no label fits."""
    context: int = 77
    scale: float = 100.0
    """Cosines are multiplied by this before they compete."""
    dimension: str = "object"
    language: str = "en"
    preprocessing: Preprocessing = CLIP_PREPROCESSING
    confidence: float = 0.5
    most: int = 3

    def __post_init__(self) -> None:
        """Check the ranges."""
        require("{}" in self.prompt, f"prompt is {self.prompt!r}; it needs {{}} where the label goes", ConfigError)
        require(self.context > 0, f"context is {self.context}; it must be above 0", ConfigError)
        require(0 <= self.confidence <= 1, f"confidence is {self.confidence}; it must be in [0, 1]", ConfigError)


def load_own_classifier(name: str, config: OwnClassifierConfig) -> Classifier:
    """An analyser of that name; ConfigError where model or labels are missing or do not fit."""
    labels, run = _labels(config.labels, name), _runner(config.model, name)

    def score(given: Input) -> Scores:
        scores = run(given).reshape(-1)
        fits = f"{name} gives {len(scores)} numbers, but {config.labels} has {len(labels)} labels"
        require(len(scores) == len(labels), fits, DataError)
        return scores

    return Classifier(
        name=name, version=config.model.stem, dimension=config.dimension, labels=labels, language=config.language,
        preprocessing=config.preprocessing, score=score, activation=config.activation, temperature=config.temperature,
        confidence=config.confidence, most=config.most,
    )  # fmt: skip


def load_own_detector(name: str, config: OwnDetectorConfig) -> Detector:
    """An analyser of that name; ConfigError where model or labels are missing."""
    labels, run = _labels(config.labels, name), _runner(config.model, name)
    read = {"yolo": _yolo, "corners": _corners}[config.boxes]

    def detect(given: Input) -> Boxes:
        return read(run(given), len(labels), name)

    return Detector(
        name=name, version=config.model.stem, dimension=config.dimension, labels=labels, language=config.language,
        preprocessing=config.preprocessing, detect=detect, confidence=config.confidence,
    )  # fmt: skip


def load_own_clip(name: str, config: OwnClipConfig) -> Classifier:
    """An analyser of that name; ConfigError where a file is missing, MissingExtraError where a package is."""
    labels, run = _labels(config.labels, name), _runner(config.image, name)
    prompts = [config.prompt.format(one) for one in labels] + list(config.background)
    texts = _text_vectors(name, config, prompts)  # (n_labels + n_background, size)

    def score(given: Input) -> Scores:
        seen = run(given).reshape(-1)
        fits = f"{name} makes pictures of {len(seen)} numbers and texts of {texts.shape[1]}; they belong to no one pair"
        require(len(seen) == texts.shape[1], fits, DataError)
        near = config.scale * (texts @ (seen / max(float(np.linalg.norm(seen)), 1e-9)))
        likely = np.exp(near - near.max())
        return (likely / likely.sum())[: len(labels)]

    return Classifier(
        name=name, version=config.image.stem, dimension=config.dimension, labels=labels, language=config.language,
        preprocessing=config.preprocessing, score=score, activation="none", temperature=1.0,
        confidence=config.confidence, most=config.most,
    )  # fmt: skip


def _runner(model: Path, name: str) -> Callable[[Input], NDArray[np.float32]]:
    """The model's first output for an input."""
    require(model.is_file(), f"{name}: {model} is no file; name an ONNX model", ConfigError)
    made = session(model, f"{name}: {model}")
    asks, gives = made.get_inputs()[0].name, made.get_outputs()[0].name
    return lambda given: np.asarray(made.run([gives], {asks: given})[0], np.float32)


def _labels(path: Path, name: str) -> list[str]:
    try:
        labels = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: labels cannot be read from {path}: {error}") from None
    require(bool(labels), f"{name}: {path} has no labels; write one a line", ConfigError)
    return labels


def _yolo(given: Any, n_labels: int, name: str) -> Boxes:
    found = given.reshape(given.shape[-2:])
    found = found.T if found.shape[0] == 4 + n_labels else found  # (n, 4 + n_labels)
    fits = f"{name} gives {given.shape}; with {n_labels} labels one side must be {4 + n_labels}"
    require(found.shape[1] == 4 + n_labels, fits, DataError)
    centre, half, scores = found[:, :2], found[:, 2:4] / 2, found[:, 4:]
    corners = np.concatenate([centre - half, centre + half], axis=1)
    return Boxes(corners, scores.argmax(axis=1), scores.max(axis=1))


def _corners(given: Any, n_labels: int, name: str) -> Boxes:
    require(given.shape[-1] == 6, f"{name} gives {given.shape}; the last side must be 6", DataError)
    found = given.reshape(-1, 6)
    return Boxes(found[:, :4], found[:, 5].astype(np.int64), found[:, 4])


def _text_vectors(name: str, config: OwnClipConfig, prompts: Sequence[str]) -> NDArray[np.float32]:
    """Each prompt's vector, of length 1."""
    tokenizers: Any = engine("tokenizers", "labels for an image-text pair")
    for path in (config.text, config.tokenizer):
        require(path.is_file(), f"{name}: {path} is no file", ConfigError)
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(config.tokenizer))
    except Exception as error:  # its errors have no common class of their own
        raise ConfigError(f"{name}: {config.tokenizer} is no tokenizer: {error}") from error
    tokenizer.enable_truncation(config.context)
    tokenizer.enable_padding(length=config.context)
    coded = tokenizer.encode_batch(list(prompts))
    model = session(config.text, f"{name}: {config.text}")
    given = [np.array([one.ids for one in coded]), np.array([one.attention_mask for one in coded])]
    asks = {
        one.name: values.astype(np.int32 if "int32" in one.type else np.int64)
        for one, values in zip(model.get_inputs(), given, strict=False)
    }
    vectors = np.asarray(model.run(None, asks)[0], np.float32)
    fits = f"{name}: {config.text} gives {vectors.shape}; (n texts, size) is needed: export it with its projection"
    require(vectors.ndim == 2 and len(vectors) == len(prompts), fits, ConfigError)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
