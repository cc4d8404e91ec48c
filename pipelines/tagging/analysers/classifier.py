"""What a frame shows as a whole, by any classifier of pictures."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.tagging.preprocessing import Input, Preprocessing
from pipelines.tagging.spans import merged
from pipelines.tagging.view import Sample, View
from recsys.tags.evidence import Evidence

Scores = NDArray[np.float32]
"""(n_labels,)."""
Activation = Literal["softmax", "sigmoid", "none"]
"""How a model's numbers become confidences: one label a frame, several, or they are confidences already."""


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """An analyser around a classifier."""

    name: str
    version: str
    dimension: str
    labels: Sequence[str]
    language: str
    preprocessing: Preprocessing
    score: Callable[[Input], Scores]
    activation: Activation
    temperature: float
    """Above 1 makes an overconfident model humbler."""
    confidence: float
    """Less sure labels are dropped."""
    most: int
    """Labels of a frame."""

    def analyse(self, view: View) -> Iterable[Evidence]:
        """Each label in neighbouring frames is one piece of evidence."""
        return merged(one for sample in view.samples() for one in self._seen(sample))

    def _seen(self, sample: Sample) -> Iterator[Evidence]:
        sure = confidences(self.score(self.preprocessing.of(sample.frame.picture)), self.activation, self.temperature)
        for row in np.argsort(-sure, kind="stable")[: self.most]:
            if sure[row] >= self.confidence:
                yield Evidence(
                    dimension=self.dimension, label=self.labels[row], language=self.language,
                    confidence=float(sure[row]), start_ms=sample.start_ms, end_ms=sample.end_ms, box=None,
                    source=self.name, version=self.version,
                )  # fmt: skip


def confidences(scores: Scores, activation: Activation, temperature: float) -> NDArray[np.float64]:
    """A model's numbers as confidences in [0, 1].

    >>> confidences(np.float32([0, 0]), "softmax", 1.0).tolist(), confidences(np.float32([0]), "sigmoid", 1.0).tolist()
    ([0.5, 0.5], [0.5])
    """
    given = scores.astype(np.float64) / temperature
    if activation == "softmax":
        likely = np.exp(given - given.max())
        return likely / likely.sum()
    return np.clip(1 / (1 + np.exp(-given)) if activation == "sigmoid" else scores.astype(np.float64), 0, 1)
