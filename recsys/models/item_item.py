"""Item to item: a linear auto-encoder over viewers' histories, with the videos' tags in its Gram matrix.

EASE: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019, https://arxiv.org/abs/1905.03375.
With side information: Jeunen, Van Balen and Goethals, "Closed-Form Models for Collaborative Filtering with
Side-Information", RecSys 2020 (CEASE). We differ in the weighting of tags (idf, confidence, unit length), in fading
histories when scoring, and in solving by whichever of viewers + tags and videos is fewer.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse

from recsys.errors import ConfigError, require
from recsys.interactions import Profiles, TrainingData, Videos
from recsys.models.base import Parts
from recsys.models.recency import Recency
from recsys.models.shared_tags import shared_tags
from recsys.schema import Floats, Rows


@dataclass(frozen=True, kw_only=True)
class ItemItemConfig:
    """How to fit and to fade."""

    ridge: float = 30.0
    """Penalty λ on every weight."""
    tag_weight: float = 10.0
    """α: how much equal tags say beside equal viewers; 0 leaves the tags out."""
    max_videos: int = 20_000
    """Only the most watched are covered: memory grows with its square, time with its cube."""
    viewer_power: float = 0.5
    """Viewers count as their number of videos to minus this: 0 counts every event alike, 1 every viewer alike."""
    recency: Recency = Recency()

    def __post_init__(self) -> None:
        require(self.ridge > 0, f"item_item.ridge is {self.ridge}; it must be above 0", ConfigError)
        require(self.tag_weight >= 0, f"item_item.tag_weight is {self.tag_weight}; it must be >= 0", ConfigError)
        require(
            0 <= self.viewer_power <= 1, f"item_item.viewer_power is {self.viewer_power}; within 0 and 1", ConfigError
        )
        require(
            1 <= self.max_videos <= 60_000, f"item_item.max_videos is {self.max_videos}; within 1..60000", ConfigError
        )


@dataclass(frozen=True, eq=False)
class ItemItemModel:
    """What one past video says for another."""

    weights: Floats  # (n_covered, n_covered) B: row = past video, column = scored video, diagonal 0
    place: Rows  # (n_videos,) row in `weights`, -1 for a video not covered
    recency: Recency

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """Sum of what the past videos say; NaN for videos not covered and viewers without a covered past video."""
        past, wanted = self._place(profiles.videos), self._place(videos)
        scores = np.full((len(profiles), len(videos)), np.nan, np.float32)
        told, covered = past[profiles.index] >= 0, wanted >= 0
        if not told.any() or not covered.any():
            return scores
        weight = self.recency.weights(profiles)
        if len(profiles) == 1:
            rows = past[profiles.index[told]]
            scores[0, covered] = weight[told] @ self.weights[rows[:, None], wanted[covered][None, :]]
            return scores
        at = (profiles.viewer[told], past[profiles.index[told]])
        history = sparse.coo_array((weight[told], at), shape=(len(profiles), len(self.weights))).tocsr()
        known = np.diff(history.indptr) > 0
        every = history[known] @ self.weights
        scores[np.ix_(known, covered)] = every if _whole(wanted, every.shape[1]) else every[:, wanted[covered]]
        return scores

    @cached_property
    def covered(self) -> Rows:
        """(n_covered,) rows of the videos covered, in the order of `weights`."""
        return np.flatnonzero(self.place >= 0).astype(np.int32)

    def covered_scores(self, profile: Profiles) -> Floats:
        """(n_covered,) one viewer's scores of every video covered, 0 without a covered past video."""
        past = self._place(profile.videos)[profile.index]
        told = past >= 0
        return self.recency.weights(profile)[told] @ self.weights[past[told]]

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """Every part is a past video's."""
        past, wanted = self._place(profile.videos)[profile.index], self._place(videos)
        parts = np.zeros((len(videos), len(past)), np.float32)
        at = np.ix_(wanted >= 0, past >= 0)
        parts[at] = self.weights[past[past >= 0][None, :], wanted[wanted >= 0][:, None]]
        parts *= self.recency.weights(profile)
        nothing = sparse.csr_array(videos.tags.shape, dtype=np.float32)
        return Parts(parts, nothing, np.zeros(len(videos), np.float32))

    def _place(self, videos: Videos) -> Rows:
        known = (videos.rows >= 0) & (videos.rows < len(self.place))
        return np.where(known, self.place[np.where(known, videos.rows, 0)], -1).astype(np.int32)


def fit_item_item(data: TrainingData, config: ItemItemConfig = ItemItemConfig()) -> ItemItemModel:
    """Fit in closed form: B = I - P / diag(P), P = (XᵀX + αAAᵀ + λI)⁻¹, on histories X and tag vectors A.

    Raises:
        DataError: there is no event of positive weight.
    """
    counts = data.events.video_counts()
    require(bool((counts > 0).any()), "item_item needs at least one event of positive weight; there is none")
    covered, place = head(counts, config.max_videos)
    history = _evened(data.events.matrix().maximum(0)[:, covered], config.viewer_power)
    stacked = _stack(history, shared_tags(data.tags)[covered], config.tag_weight)
    solve = _dual if stacked.shape[0] < stacked.shape[1] else _primal
    return ItemItemModel(solve(stacked, config.ridge), place, config.recency)


def head(counts: Floats, most: int) -> tuple[Rows, Rows]:
    """(n_covered,) rows of the most watched videos that were watched at all, in row order; (n_videos,) places there."""
    order = np.argsort(-counts, kind="stable")[:most]
    covered = np.sort(order[counts[order] > 0]).astype(np.int32)
    place = np.full(len(counts), -1, np.int32)
    place[covered] = np.arange(len(covered), dtype=np.int32)
    return covered, place


def _evened(history: sparse.csr_array, power: float) -> sparse.csr_array:
    """The same with busy viewers weakened, so that the average viewer counts as before.

    In the Gram matrix a viewer counts by the square of what stands here, hence half the power.
    """
    n = np.diff(history.indptr)
    if power == 0 or not history.nnz:
        return history
    by = (np.maximum(n, 1) / n[n > 0].mean()) ** (-power / 2)
    return sparse.csr_array(sparse.diags_array(by.astype(np.float32)) @ history)


def _stack(history: sparse.csr_array, tags: sparse.csr_array, tag_weight: float) -> sparse.csr_array:
    """(n_viewers + n_tags, n_covered) Z, so that ZᵀZ = XᵀX + αAAᵀ; rows without a value are left out."""
    parts = [history, tags.T * np.float32(tag_weight**0.5)] if tag_weight > 0 else [history]
    stacked = sparse.vstack(parts, format="csr", dtype=np.float32)
    return stacked[np.diff(stacked.indptr) > 0]


def _primal(stacked: sparse.csr_array, ridge: float) -> Floats:
    gram = np.asfortranarray((stacked.T @ stacked).toarray(), np.float32)
    gram[np.diag_indices_from(gram)] += np.float32(ridge)
    return _zero_diagonal(inverse(gram))


def _dual(stacked: sparse.csr_array, ridge: float) -> Floats:
    """Woodbury: P = (I - Zᵀ(ZZᵀ + λI)⁻¹Z) / λ, whose factor 1/λ cancels in B."""
    gram = np.asfortranarray((stacked @ stacked.T).toarray(), np.float32)
    gram[np.diag_indices_from(gram)] += np.float32(ridge)
    explained = stacked.T @ np.ascontiguousarray((stacked.T @ inverse(gram)).T)
    np.negative(explained, out=explained)
    explained[np.diag_indices_from(explained)] += 1
    return _zero_diagonal(explained)


def inverse(gram: Floats) -> Floats:
    """Inverse of a symmetric positive definite matrix, in place by LAPACK's potrf and potri."""
    factor, failed = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
    require(failed == 0, f"item_item's matrix is singular at row {failed}; raise item_item.ridge", ConfigError)
    lower, failed = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    require(failed == 0, f"item_item's matrix is singular at row {failed}; raise item_item.ridge", ConfigError)
    return _mirrored(lower)


def _mirrored(lower: Floats) -> Floats:
    """Copy the lower triangle onto the upper, block by block so that no second matrix is needed."""
    n, step = len(lower), 2048
    for start in range(0, n, step):
        stop = min(start + step, n)
        block = lower[start:stop, start:stop]
        block[...] = np.tril(block) + np.tril(block, -1).T
        lower[start:stop, stop:] = lower[stop:, start:stop].T
    return lower


def _zero_diagonal(precision: Floats) -> Floats:
    """B from P, in place: every column divided by minus its diagonal element, the diagonal then 0."""
    weights = precision.T if precision.flags.f_contiguous else precision  # P is symmetric
    weights /= -np.diag(weights).copy()[None, :]
    weights[np.diag_indices_from(weights)] = 0
    return weights


def _whole(wanted: Rows, n: int) -> bool:
    """Whether the wanted places, less the uncovered, are all of them in order."""
    some = wanted[wanted >= 0]
    return len(some) == n and bool((some == np.arange(n)).all())
