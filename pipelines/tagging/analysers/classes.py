"""What a frame shows, of ImageNet's 1,000 classes, by EfficientNet-lite2."""

import json
from dataclasses import dataclass
from pathlib import Path

from pipelines.tagging.analysers.classifier import Classifier, Scores
from pipelines.tagging.efficientnet import CROPPED, VERSION, load_efficientnet
from pipelines.tagging.preprocessing import Input
from pipelines.tagging.weights import IMAGENET_NAMES, weights
from recsys.errors import ConfigError, require

NAME = "classes"


@dataclass(frozen=True, kw_only=True)
class ClassesConfig:
    """Which classes count."""

    confidence: float = 0.3
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
    outputs = load_efficientnet(cache_dir)

    def score(given: Input) -> Scores:
        return outputs(given)[0]

    return Classifier(
        name=NAME, version=VERSION, dimension="object", language="en",
        labels=json.loads(labels.read_text(encoding="utf-8")), preprocessing=CROPPED, score=score,
        activation="softmax", temperature=1.0, confidence=config.confidence, most=config.most,
    )  # fmt: skip
