"""Tags that a handful of labelled frames define: what resembles them has the tag.

A label's prototype is the mean of its frames' vectors (Snell, Swersky and Zemel, Prototypical Networks, 2017). How near
is near enough follows from the frames themselves: half-way between how they resemble each other and how others do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.tagging.decoding import Picture
from pipelines.tagging.efficientnet import UNRELATED, VERSION, WHOLE, Vector, load_efficientnet
from pipelines.tagging.engines import engine
from pipelines.tagging.script import language_of
from pipelines.tagging.spans import merged
from pipelines.tagging.view import Sample, View
from recsys.errors import ConfigError, require
from recsys.tags.evidence import Evidence

NAME = "prototypes"
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
ALONE = 0.75
"""How much frames of one label are taken to resemble each other where there is but one."""
STEPS = 6.0
"""From half-way to either side the confidence goes from .5 to .05 or .95."""


@dataclass(frozen=True, kw_only=True)
class PrototypesConfig:
    """Labelled frames."""

    folder: Path | None = None
    """Holds a folder of pictures for each label, named as the label; without it there are no such tags."""
    dimension: str = "custom"
    """Of the tags."""
    confidence: float = 0.5
    """Less sure tags are dropped."""

    def __post_init__(self) -> None:
        """Check the range."""
        require(0 <= self.confidence <= 1, f"confidence is {self.confidence}; it must be in [0, 1]", ConfigError)


@dataclass(frozen=True)
class Prototype:
    """A label's mean vector, and the cosine from which on it is more likely than not."""

    label: str
    vector: Vector
    even: float
    steepness: float

    def confidence(self, seen: Vector) -> float:
        """In [0, 1]."""
        return float(1 / (1 + np.exp((self.even - float(self.vector @ seen)) / self.steepness)))


class Prototypes:
    """Compares frames with the prototypes."""

    def __init__(
        self, config: PrototypesConfig, prototypes: list[Prototype], vector: Callable[[Picture], Vector]
    ) -> None:
        self.config, self.prototypes, self.vector = config, prototypes, vector
        self.version = VERSION

    def analyse(self, view: View) -> Iterable[Evidence]:
        """Each label in neighbouring frames is one piece of evidence."""
        return merged(one for sample in view.samples() for one in self._seen(sample))

    def _seen(self, sample: Sample) -> Iterator[Evidence]:
        seen = self.vector(sample.frame.picture)
        for one in self.prototypes:
            sure = one.confidence(seen)
            if sure >= self.config.confidence:
                yield Evidence(
                    dimension=self.config.dimension, label=one.label, language=language_of(one.label), confidence=sure,
                    start_ms=sample.start_ms, end_ms=sample.end_ms, box=None, source=NAME, version=self.version,
                )  # fmt: skip


def load_prototypes(config: PrototypesConfig, cache_dir: Path | None = None) -> Prototypes:
    """The analyser.

    Raises:
        ConfigError: the folder holds no labelled pictures, or pictures of one label are not alike.
        MissingExtraError: its packages are not installed.
        AssetError: the model cannot be had.
    """
    folder = config.folder
    if folder is None:
        raise ConfigError("no frames are labelled; set prototypes.folder to a folder with a folder for each label")
    require(folder.is_dir(), f"prototypes.folder is {folder}, which is no folder", ConfigError)
    outputs = load_efficientnet(cache_dir)

    def vector(picture: Picture) -> Vector:
        return outputs(WHOLE.of(picture))[1]

    cv2 = engine("cv2", "comparing frames")
    labelled: dict[str, list[Vector]] = {}
    for path in sorted(one for one in folder.glob("*/*") if one.suffix.lower() in PICTURES):
        picture = cv2.imread(str(path))
        require(picture is not None, f"{path} is no picture that can be read", ConfigError)
        labelled.setdefault(path.parent.name, []).append(vector(picture))
    require(bool(labelled), f"{folder} holds no folder with pictures ({', '.join(sorted(PICTURES))})", ConfigError)
    return Prototypes(config, prototypes_of(labelled), vector)


def prototypes_of(labelled: Mapping[str, list[Vector]]) -> list[Prototype]:
    """The prototype of each label; ConfigError for a label whose frames resemble others as much as each other."""
    made = []
    for label, vectors in labelled.items():
        others = [one for name, theirs in labelled.items() if name != label for one in theirs]
        mean = _unit(np.mean(vectors, axis=0))
        own = _likeness(vectors)
        other = max(UNRELATED, *(float(mean @ one) for one in others)) if others else UNRELATED
        unlike = f"frames of {label!r} resemble each other ({own:.2f}) no more than others ({other:.2f}); choose again"
        require(own > other, unlike, ConfigError)
        made.append(Prototype(label, mean, (own + other) / 2, (own - other) / STEPS))
    return made


def _likeness(vectors: list[Vector]) -> float:
    """Mean cosine of each to the mean of the rest."""
    if len(vectors) == 1:
        return ALONE
    whole = np.sum(vectors, axis=0)
    return float(np.mean([_unit(whole - one) @ one for one in vectors]))


def _unit(vector: Vector) -> Vector:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
