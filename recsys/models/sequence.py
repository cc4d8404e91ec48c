"""Sequence: what viewers watch next, given what they had just before; tags stand in where no order was seen.

One ridge regression in closed form: rows are moments at which somebody came to like a video, their features S the
videos liked shortly before, faded, their target N the video itself. With the tag vectors A beside both,
B = (SᵀS + αAAᵀ + λI)⁻¹ (SᵀN + αAAᵀ). It is EASE's regression (Steck, WWW 2019) made to look forward only: item to item
asks what goes together, this what comes after. Scoring and reasons are item to item's.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from recsys.errors import ConfigError, require
from recsys.interactions import Interactions, TrainingData
from recsys.models.item_item import ItemItemModel, head
from recsys.models.recency import Recency
from recsys.models.shared_tags import shared_tags
from recsys.schema import Floats, Rows

AT_ONCE = 500_000
"""How many moments are multiplied at a time."""


@dataclass(frozen=True, kw_only=True)
class SequenceConfig:
    """How to fit and to fade."""

    ridge: float = 100.0
    """Penalty λ on every weight."""
    tag_weight: float = 5.0
    """α: how much equal tags say beside having followed each other; 0 leaves the tags out."""
    window: int = 12
    """How many videos before a moment are looked at."""
    fade_steps: float = 2.0
    """While fitting, a video s before the last one counts exp(-s / fade_steps)."""
    max_videos: int = 15_000
    """Only the most watched are covered: memory grows with its square, time with its cube."""
    recency: Recency = Recency()
    """How a history fades when it is scored."""

    def __post_init__(self) -> None:
        for name in ("ridge", "window", "fade_steps"):
            value = getattr(self, name)
            require(value > 0, f"sequence.{name} is {value}; it must be above 0", ConfigError)
        require(self.tag_weight >= 0, f"sequence.tag_weight is {self.tag_weight}; it must be >= 0", ConfigError)
        require(
            1 <= self.max_videos <= 60_000, f"sequence.max_videos is {self.max_videos}; within 1..60000", ConfigError
        )


def fit_sequence(data: TrainingData, config: SequenceConfig = SequenceConfig()) -> ItemItemModel:
    """Fit in closed form. Events of equal time tell no order; without any order the model covers no video."""
    covered, place = head(data.events.video_counts(), config.max_videos)
    pairs = data.events.pairs()
    likes = pairs.where((pairs.weight > 0) & (place[pairs.video] >= 0))
    gram, right = np.zeros((2, len(covered), len(covered)), np.float32)
    if not _accumulate(gram, right, likes, place, config):
        return ItemItemModel(np.zeros((0, 0), np.float32), np.full(len(place), -1, np.int32), config.recency)
    tags = shared_tags(data.tags)[covered]
    alike = sparse.csr_array(tags @ tags.T) * np.float32(config.tag_weight)
    _add(gram, alike)
    _add(right, alike)
    gram[np.diag_indices_from(gram)] += np.float32(config.ridge)
    weights = _solved(gram, right)
    weights[np.diag_indices_from(weights)] = 0
    return ItemItemModel(weights, place, config.recency)


def _accumulate(gram: Floats, right: Floats, likes: Interactions, place: Rows, config: SequenceConfig) -> bool:
    """Add SᵀS and SᵀN, some moments at a time; whether any order was seen."""
    by_viewer = np.argsort(likes.viewer, kind="stable")  # in time order within each viewer
    viewer, time = likes.viewer[by_viewer], likes.time[by_viewer]
    video, seen = place[likes.video[by_viewer]], False
    for start in range(0, len(video), AT_ONCE):
        at = np.arange(start, min(start + AT_ONCE, len(video)))
        rows, columns, values = [], [], []
        for back in range(1, config.window + 1):
            now = at[at >= back]
            now = now[(viewer[now - back] == viewer[now]) & (time[now - back] < time[now])]
            rows.append(now - start)
            columns.append(video[now - back])
            values.append(np.full(len(now), np.exp(-(back - 1) / config.fade_steps), np.float32))
        place_of = (np.concatenate(rows), np.concatenate(columns))
        before = sparse.coo_array((np.concatenate(values), place_of), shape=(len(at), len(gram))).tocsr()
        told = np.flatnonzero(np.diff(before.indptr))
        if len(told):
            before, seen = before[told], True
            come = (np.ones(len(told), np.float32), video[at[told]], np.arange(len(told) + 1))
            _add(gram, sparse.csr_array(before.T @ before))
            _add(right, sparse.csr_array(before.T @ sparse.csr_array(come, shape=before.shape)))
    return seen


def _add(to: Floats, these: sparse.csr_array) -> None:
    """Add a sparse matrix, row by row, to a dense one in place."""
    these.sum_duplicates()
    for row, (start, stop) in enumerate(zip(these.indptr[:-1], these.indptr[1:], strict=True)):
        to[row, these.indices[start:stop]] += these.data[start:stop]


def _solved(gram: Floats, right: Floats) -> Floats:
    """gram⁻¹ right, both used up. To BLAS the row-major `right` is its own transpose, hence solved from the right."""
    factor, failed = linalg.lapack.spotrf(gram.T, lower=1, overwrite_a=1)
    require(failed == 0, f"sequence's matrix is singular at row {failed}; raise sequence.ridge", ConfigError)
    half = linalg.blas.strsm(1.0, factor, right.T, side=1, lower=1, trans_a=1, overwrite_b=1)
    return linalg.blas.strsm(1.0, factor, half, side=1, lower=1, overwrite_b=1).T
