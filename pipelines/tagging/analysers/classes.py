"""What a frame shows, of ImageNet's 1,000 classes, by MobileNetV2."""

import json
from dataclasses import dataclass
from pathlib import Path

from pipelines.tagging.analysers.classifier import Classifier, Scores
from pipelines.tagging.onnx_session import session
from pipelines.tagging.preprocessing import Input, Preprocessing
from pipelines.tagging.weights import IMAGENET_NAMES, MOBILENET_V2, weights
from recsys.errors import ConfigError, require

NAME = "classes"
TEMPERATURE = 1.5
"""The model is overconfident: at 1 it calls a rabbit an albatross with .94, at 1.5 with .6, and a cat a cat with .8."""


@dataclass(frozen=True, kw_only=True)
class ClassesConfig:
    """Which classes count."""

    confidence: float = 0.35
    """Less sure ones are dropped."""
    most: int = 3
    """Of a frame."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        require(0 <= self.confidence <= 1, f"confidence is {self.confidence}; it must be in [0, 1]", ConfigError)
        require(self.most > 0, f"most is {self.most}; it must be above 0", ConfigError)


def load_classes(config: ClassesConfig, cache_dir: Path | None = None) -> Classifier:
    """The analyser.

    Raises:
        MissingExtraError: its packages are not installed.
        AssetError: the model or the names of its classes cannot be had.
    """
    labels = weights(IMAGENET_NAMES, cache_dir) / "imagenet1k_clean_names.json"
    model = session(weights(MOBILENET_V2, cache_dir) / "mobilenetv2-7.onnx", "MobileNetV2")
    asks = model.get_inputs()[0].name

    def score(given: Input) -> Scores:
        return model.run(None, {asks: given})[0][0]

    return Classifier(
        name=NAME, version="mobilenetv2-7", dimension="object", language="en",
        labels=json.loads(labels.read_text(encoding="utf-8")), preprocessing=Preprocessing(), score=score,
        activation="softmax", temperature=TEMPERATURE, confidence=config.confidence, most=config.most,
    )  # fmt: skip
