"""Nearest videos: what a viewer had says most for the videos most like it, by who had both and by shared tags.

Item-kNN is the baseline that new methods most often fail to beat: Ferrari Dacrema, Cremonesi and Jannach, "Are We
Really Making Much Progress?", RecSys 2019, https://arxiv.org/abs/1907.06902. With `tag_weight` above 0 it is their
ItemKNN-CFCBF: tags are further columns beside the viewers, so a video nobody had yet has neighbours too. We differ
in scaling the viewers' columns to length 1 on average, so that a tag weight means the same on all data.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from implicit.nearest_neighbours import bm25_weight, tfidf_weight
from scipy import sparse

from recsys.errors import ConfigError, require
from recsys.interactions import Profiles, TrainingData, Videos
from recsys.models.base import Parts
from recsys.models.recency import Recency
from recsys.schema import Floats, Rows

CHUNK = 256
"""How many videos meet all the others at once."""


@dataclass(frozen=True, kw_only=True)
class KNNConfig:
    """Which videos count as near."""

    neighbours: int = 100
    """How many past videos may speak for a video: its nearest ones."""
    shrinkage: float = 0.1
    """Added to the product of two videos' lengths, which are 1 on average: damps likeness seen on few viewers."""
    weighting: Literal["none", "tfidf", "bm25"] = "tfidf"
    """Of the viewers' columns: viewers who watch everything say less; bm25 also evens out popular videos."""
    tag_weight: float = 0.0
    """How much tags say beside viewers; 0 leaves the tags out."""
    recency: Recency = Recency()

    def __post_init__(self) -> None:
        require(self.neighbours >= 1, f"knn.neighbours is {self.neighbours}; it must be at least 1", ConfigError)
        for name in ("shrinkage", "tag_weight"):
            value = getattr(self, name)
            require(value >= 0, f"knn.{name} is {value}; it must be at least 0", ConfigError)
        known = ("none", "tfidf", "bm25")
        require(self.weighting in known, f"knn.weighting is {self.weighting!r}; one of {', '.join(known)}", ConfigError)


@dataclass(frozen=True, eq=False)
class KNNModel:
    """Every video's nearest ones. A video newer than the model gets neighbours by its tags."""

    similarity: sparse.csr_array  # (n_videos, n_videos) row = scored video, column = past video, within 0..1
    lengths: Floats  # (n_videos,) of the stacked vectors
    tags: sparse.csr_array  # (n_videos, n_tags) the tag columns; without entries where tags are left out
    tag_scale: float
    config: KNNConfig

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """Sum of the likeness of past videos; NaN for videos without neighbours, viewers without a known past video."""
        near = self._near(videos)
        history = self._history(profiles)
        scores: Floats = (history @ near.T).toarray().astype(np.float32)
        scores[np.diff(history.indptr) == 0] = np.nan
        scores[:, np.diff(near.indptr) == 0] = np.nan
        return scores

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """Every part is a past video's."""
        past = profile.videos.rows[profile.index]
        known = past >= 0
        parts = np.zeros((len(videos), len(past)), np.float32)
        parts[:, known] = self._near(videos)[:, past[known]].toarray() * self.config.recency.weights(profile)[known]
        nothing = sparse.csr_array(videos.tags.shape, dtype=np.float32)
        return Parts(parts, nothing, np.zeros(len(videos), np.float32))

    def _history(self, profiles: Profiles) -> sparse.csr_array:
        """(n, n_videos) faded weights of past videos the model knows."""
        past = profiles.videos.rows[profiles.index]
        known = past >= 0
        weights = self.config.recency.weights(profiles)[known]
        shape = (len(profiles), self.similarity.shape[0])
        return sparse.coo_array((weights, (profiles.viewer[known], past[known])), shape=shape).tocsr()

    def _near(self, videos: Videos) -> sparse.csr_array:
        """(len(videos), n_videos) likeness of each wanted video to the past ones that speak for it."""
        new = videos.rows < 0
        near = self.similarity[np.where(new, 0, videos.rows)]
        if not new.any():
            return near
        tags = sparse.csr_array(videos.tags[new] * np.float32(self.tag_scale))
        own = sparse.csr_array(_nearest(tags, _lengths(tags), self.tags, self.lengths, self.config))
        order = np.argsort(np.concatenate([np.flatnonzero(~new), np.flatnonzero(new)]))
        return sparse.vstack([near[~new], own], format="csr")[order]


def fit_knn(data: TrainingData, config: KNNConfig = KNNConfig()) -> KNNModel:
    """Find every video's neighbours, by viewers and, with a tag weight, by tags.

    Raises:
        DataError: there is no event of positive weight.
    """
    viewers = _weighted(data.events.matrix().maximum(0).T.tocsr(), config)
    lengths = _lengths(viewers)
    require(bool((lengths > 0).any()), "knn needs at least one event of positive weight; there is none")
    mean_length = np.sqrt((lengths[lengths > 0] ** 2).mean())
    tags = sparse.csr_array(data.tags * np.float32(config.tag_weight))
    tags.eliminate_zeros()
    stacked = sparse.hstack([viewers / mean_length, tags], format="csr", dtype=np.float32)
    lengths = _lengths(stacked)
    return KNNModel(_all_nearest(stacked, lengths, config), lengths, tags, config.tag_weight, config)


def _weighted(plays: sparse.csr_array, config: KNNConfig) -> sparse.csr_array:
    """(n_videos, n_viewers) the viewers' columns."""
    if config.weighting == "none" or not plays.nnz:
        return plays
    weigh = tfidf_weight if config.weighting == "tfidf" else bm25_weight
    return sparse.csr_array(weigh(plays))


def _all_nearest(stacked: sparse.csr_array, lengths: Floats, config: KNNConfig) -> sparse.csr_array:
    n = stacked.shape[0]
    parts = []
    for start in range(0, n, CHUNK):
        rows = np.arange(start, min(start + CHUNK, n), dtype=np.int32)
        parts.append(_nearest(stacked[rows], lengths[rows], stacked, lengths, config, rows))
    return sparse.vstack(parts, format="csr")


def _nearest(
    wanted: sparse.csr_array,
    wanted_lengths: Floats,
    others: sparse.csr_array,
    lengths: Floats,
    config: KNNConfig,
    selves: Rows | None = None,
) -> sparse.csr_array:
    """(n_wanted, n_others) shrunk cosine of each wanted video's nearest others; never of a video with itself."""
    alike = (wanted @ others.T).toarray()
    alike /= np.maximum(wanted_lengths[:, None] * lengths + np.float32(config.shrinkage), np.float32(1e-12))
    if selves is not None:
        alike[np.arange(len(selves)), selves] = 0
    n = min(config.neighbours, alike.shape[1])
    columns = np.argpartition(-alike, n - 1, axis=1)[:, :n]
    values = np.take_along_axis(alike, columns, axis=1).ravel()
    rows = np.repeat(np.arange(len(alike)), n)
    keep = values > 0
    return sparse.coo_array((values[keep], (rows[keep], columns.ravel()[keep])), shape=alike.shape).tocsr()


def _lengths(matrix: sparse.csr_array) -> Floats:
    return np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel()).astype(np.float32)
