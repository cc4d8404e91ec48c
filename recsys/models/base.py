"""The contract that every model keeps, and the parts its reasons are made of."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from recsys.interactions import Profiles, Videos
from recsys.schema import Floats


@dataclass(frozen=True, eq=False)
class Parts:
    """What made one viewer's scores, video by video. All parts of a row, signed, add up to the score."""

    history: Floats  # (n_videos, n_past) what each past video adds, in the profile's order
    tags: sparse.csr_array  # (n_videos, n_tags) what each tag adds
    base: Floats  # (n_videos,) what belongs to the video alone: its popularity

    def total(self) -> Floats:
        """(n_videos,) the scores these parts add up to."""
        return (self.history.sum(1) + np.asarray(self.tags.sum(1)).ravel() + self.base).astype(np.float32)

    def scaled(self, by: Floats) -> "Parts":
        """Every video's parts multiplied by its (n_videos,) factor."""
        return Parts(self.history * by[:, None], sparse.csr_array(self.tags * by[:, None]), self.base * by)

    def plus(self, more: "Parts") -> "Parts":
        """The parts of both."""
        return Parts(self.history + more.history, sparse.csr_array(self.tags + more.tags), self.base + more.base)


class Scorer(Protocol):
    """A fitted, immutable model: threads share it, and it saves as plain arrays (`recsys.bundle.write_model`).

    An unfitted model cannot exist: `fit_<name>(data: TrainingData, config) -> model`.
    """

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """Score videos for viewers.

        Returns:
            (len(profiles), len(videos)) float32, higher is better, on no fixed scale. NaN where the model cannot
            tell: a video it knows nothing of, a viewer it has no evidence for. Past videos it never saw are ignored.
        """
        ...

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """Why one viewer (`len(profile) == 1`) gets these scores. All zero where the score is NaN."""
        ...
