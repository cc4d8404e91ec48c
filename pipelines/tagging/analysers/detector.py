"""Objects and where they are, by any detector: what turns a model's boxes into evidence."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.tagging.boxes import Boxes, best
from pipelines.tagging.decoding import Picture
from pipelines.tagging.preprocessing import Input, Preprocessing
from pipelines.tagging.spans import merged
from pipelines.tagging.view import Sample, View
from recsys.tags.evidence import Box, Evidence

MOST = 20
"""Objects of one frame."""


@dataclass(frozen=True, kw_only=True)
class Detector:
    """An analyser around a detector of objects."""

    name: str
    version: str
    dimension: str
    labels: Sequence[str]
    language: str
    preprocessing: Preprocessing
    detect: Callable[[Input], Boxes]
    """From the model's input to boxes in its pixels."""
    confidence: float
    """Less sure boxes are dropped."""

    def analyse(self, view: View) -> Iterable[Evidence]:
        """Each class in neighbouring frames is one piece of evidence, with the box of its surest object."""
        return merged(one for sample in view.samples() for one in self._seen(sample))

    def _seen(self, sample: Sample) -> Iterator[Evidence]:
        picture = sample.frame.picture
        found = self.detect(self.preprocessing.of(picture))
        sure = found.scores >= self.confidence
        found = best(Boxes(found.corners[sure], found.classes[sure], found.scores[sure]), MOST)
        for corners, row, score in zip(found.corners, found.classes, found.scores, strict=True):
            if row < len(self.labels):
                yield Evidence(
                    dimension=self.dimension, label=self.labels[row], language=self.language,
                    confidence=min(1.0, float(score)), start_ms=sample.start_ms, end_ms=sample.end_ms,
                    box=self._shares(corners, picture), source=self.name, version=self.version,
                )  # fmt: skip

    def _shares(self, corners: np.ndarray, picture: Picture) -> Box:
        """A box in the input's pixels as shares of the picture."""
        height, width = picture.shape[:2]
        if self.preprocessing.fit == "pad":
            scale = self.preprocessing.scale(picture)
            across, down = scale * width, scale * height
        else:
            across = down = float(self.preprocessing.size)
        left, top, right, bottom = np.clip(corners / (across, down, across, down), 0, 1).tolist()
        return (left, top, right, bottom)
