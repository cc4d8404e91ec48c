"""Factors: alternating least squares in which every tag is a viewer of the videos it is on.

Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008,
https://doi.org/10.1109/ICDM.2008.22, fitted by `implicit` on the stacked matrix [X; w·Tᵀ] (collective factorisation:
Singh and Gordon, KDD 2008), so a video's factors move from what its tags say to what its viewers do as events come in.
A ridge map from tags to factors then gives a vector to a video that nobody has watched, and to a tag that a viewer
states. Viewers are not stored: their vector is solved from their history and stated tags when they ask.

The factorisation is done several times, from different starts, and scores are averaged: what one start happens to lose
another keeps (bagging: Breiman 1996).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from recsys.errors import ConfigError, require
from recsys.interactions import Profiles, TrainingData, Videos
from recsys.models.base import Parts
from recsys.models.recency import Recency
from recsys.models.ridge import ridge
from recsys.models.shared_tags import shared_tags
from recsys.schema import Floats, Rows


@dataclass(frozen=True, kw_only=True)
class FactorsConfig:
    """How to fit."""

    factors: int = 256
    members: int = 2
    """How many factorisations are averaged."""
    reg: float = 1.0
    alpha: float = 10.0
    """Confidence of an event of weight 1."""
    tag_weight: float = 10.0
    """What a tag's presence weighs beside an event; 0 leaves the tags out of the factorisation."""
    map_ridge: float = 0.5
    """Penalty of the map from tags to factors."""
    new_share: float = 0.6
    """Part of a new video's vector that is its own half of the factorisation; the map gives the rest."""
    iterations: int = 8
    stated: float = 3.0
    """What one stated tag of weight 1 weighs in a viewer's vector, in events."""
    recency: Recency = Recency()
    seed: int = 0
    threads: int = 0
    """0 uses every core."""

    def __post_init__(self) -> None:
        for name in ("factors", "members", "reg", "alpha", "iterations", "map_ridge"):
            value = getattr(self, name)
            require(value > 0, f"factors.{name} is {value}; it must be above 0", ConfigError)
        for name in ("tag_weight", "stated", "threads"):
            value = getattr(self, name)
            require(value >= 0, f"factors.{name} is {value}; it must be >= 0", ConfigError)


@dataclass(frozen=True, eq=False)
class FactorsModel:
    """Fitted vectors of videos and tags. NaN rows are videos with neither an event nor a tag."""

    video_factors: Floats  # (n_videos, members · factors) each member's side by side
    tag_map: Floats  # (n_tags, members · factors) what each tag adds to a video's vector
    grams: Floats  # (members, factors, factors) VᵀV + reg·I over the videos with events
    inverses: Floats  # (members, factors, factors) their inverses
    alpha: float
    stated: float
    recency: Recency

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """Dot products of the viewers' and the videos' vectors; NaN without evidence on either side."""
        return (self.viewer_vectors(profiles) @ self.vectors(videos).T / np.float32(len(self.grams))).astype(np.float32)

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """A part for each past video and each stated tag: the viewer's vector is linear in them."""
        evidence = self._evidence(profile, 0, self.recency.weights(profile))
        targets = self.vectors(videos)
        known = np.isfinite(targets).all(1, keepdims=True)
        solved = np.concatenate(self._solved(evidence, lambda member: member.pull.T))  # (members · factors, n_evidence)
        parts = np.where(known, np.nan_to_num(targets) @ solved / len(self.grams), 0).astype(np.float32)
        stated = profile.tags.indices[profile.tags.indices < len(self.tag_map)]
        past = parts[:, : len(profile.index)]  # (n_videos, n_past)
        return Parts(past, _spread(parts[:, len(profile.index) :], stated, videos), np.zeros(len(videos), np.float32))

    def vectors(self, videos: Videos, at: Rows | None = None) -> Floats:
        """(n, members · factors) trained vectors, or those that the tags of a new video give; NaN without either.

        Args:
            videos: a table of videos.
            at: (n,) positions of the videos in it; all of them by default.
        """
        rows = videos.rows if at is None else videos.rows[at]
        known = (rows >= 0) & (rows < len(self.video_factors))
        if known.all():
            return self.video_factors[rows]
        vectors = np.full((len(rows), self.video_factors.shape[1]), np.nan, np.float32)
        vectors[known] = self.video_factors[rows[known]]
        new = np.flatnonzero(~known)
        tags = videos.tags[new if at is None else at[new], : len(self.tag_map)]
        vectors[new] = np.where(np.diff(tags.indptr)[:, None] > 0, tags @ self.tag_map, np.nan)
        return vectors

    def viewer_vectors(self, profiles: Profiles) -> Floats:
        """(n, members · factors) the viewers' vectors; NaN where nothing is known of the viewer."""
        made = profiles.made.get(self)
        if made is None:
            made = profiles.made[self] = self._viewer_vectors(profiles)
        found: Floats = made
        return found

    def _viewer_vectors(self, profiles: Profiles) -> Floats:
        fade = self.recency.weights(profiles)
        solved = np.full((len(profiles), self.video_factors.shape[1]), np.nan, np.float32)
        for viewer in range(len(profiles)):
            evidence = self._evidence(profiles, viewer, fade)
            if evidence.pull.any():
                parts = self._solved(evidence, lambda member: member.pull.sum(0)[:, None])
                solved[viewer] = np.concatenate(parts)[:, 0]
        return solved

    def _solved(self, evidence: "_Evidence", right: Callable[["_Evidence"], Floats]) -> list[Floats]:
        """Each member's (factors, k) solution for the right-hand sides made of its part of the evidence."""
        members = zip(evidence.split(len(self.grams)), self.grams, self.inverses, strict=True)
        return [member.solve(gram, inverse, right(member)) for member, gram, inverse in members]

    def _evidence(self, profiles: Profiles, viewer: int, fade: Floats) -> "_Evidence":
        """One viewer's past videos, in order, then their stated tags, as vectors with confidences."""
        span = slice(profiles.indptr[viewer], profiles.indptr[viewer + 1])
        mine = slice(profiles.tags.indptr[viewer], profiles.tags.indptr[viewer + 1])
        tags, stated = profiles.tags.indices[mine], profiles.tags.data[mine] * self.stated
        here = tags < len(self.tag_map)
        past = self.vectors(profiles.videos, profiles.index[span])
        vectors = np.concatenate([past, self.tag_map[tags[here]]])
        confidence = self.alpha * np.concatenate([fade[span], stated[here]])
        known = np.isfinite(vectors).all(1)
        return _Evidence(np.where(known[:, None], vectors, 0), np.where(known, confidence, 0).astype(np.float32))


@dataclass(frozen=True, eq=False)
class _Evidence:
    """What a vector is solved from. Negative confidence |c| says a confident no: it pulls towards zero."""

    vectors: Floats  # (n_evidence, factors), or all members' side by side
    confidence: Floats  # (n_evidence,) signed

    def split(self, members: int) -> list["_Evidence"]:
        """The same for each member alone."""
        return [_Evidence(part, self.confidence) for part in np.hsplit(self.vectors, members)]

    @property
    def pull(self) -> Floats:
        """(n_evidence, factors) right-hand sides; their sum is the whole."""
        return self.vectors * np.maximum(self.confidence, 0)[:, None]

    def solve(self, gram: Floats, inverse: Floats, right: Floats) -> Floats:
        """(factors, k) solutions of the paper's (Y'CY + reg·I) x = right, right being (factors, k).

        Y'CY + reg·I differs from `gram` by Y'(C - I)Y over the evidence alone, so where the evidence is fewer than the
        factors, a system as small as the evidence is solved (Woodbury) instead of one as large as the factors.
        """
        root = np.sqrt(np.maximum(np.abs(self.confidence) - 1, 0))[:, None]
        lifted = (self.vectors * root).astype(np.float64)  # (n_evidence, factors)
        if len(lifted) >= len(gram):
            return np.linalg.solve(gram + lifted.T @ lifted, right).astype(np.float32)
        through = lifted @ inverse
        inner = np.eye(len(lifted)) + through @ lifted.T
        first = inverse @ right
        return (first - through.T @ np.linalg.solve(inner, lifted @ first)).astype(np.float32)


def fit_factors(
    data: TrainingData, config: FactorsConfig = FactorsConfig(), factorised: Floats | None = None
) -> FactorsModel:
    """Fit by `implicit` on viewers and tags together.

    Args:
        data: what to fit on.
        config: how.
        factorised: what `factorise` made of the same, where it was done before; left as it is.

    Raises:
        DataError: there is no event of positive weight.
    """
    videos = factorise(data, config) if factorised is None else factorised.copy()
    shared = shared_tags(data.tags)
    warm = np.asarray(data.events.matrix().maximum(0).sum(0)).ravel() > 0
    tagged = np.diff(shared.indptr) > 0
    threads = config.threads or os.cpu_count() or 1
    tag_map = ridge(shared[warm], videos[warm], config.map_ridge, threads=threads)
    new = ~warm & tagged
    own = config.new_share if config.tag_weight > 0 else 0.0
    videos[new] = own * videos[new] + (1 - own) * (shared[new] @ tag_map)
    videos[~warm & ~tagged] = np.nan
    halves = [half.astype(np.float64) for half in np.hsplit(videos[warm], config.members)]
    grams = np.stack([half.T @ half + config.reg * np.eye(config.factors) for half in halves])
    inverses = np.linalg.inv(grams).astype(np.float32)
    return FactorsModel(
        videos, tag_map, grams.astype(np.float32), inverses, config.alpha, config.stated, config.recency
    )


def factorise(data: TrainingData, config: FactorsConfig) -> Floats:
    """(n_videos, members · factors) the factorisations side by side; `new_share` does not count yet.

    Raises:
        DataError: there is no event of positive weight.
    """
    history = data.events.matrix().maximum(0)
    history.eliminate_zeros()
    require(history.nnz > 0, "factors needs at least one event of positive weight; there is none")
    matrix = stacked(history, shared_tags(data.tags), config)
    return np.hstack([alternate(matrix, config, member) for member in range(config.members)])


def stacked(history: sparse.csr_array, tags: sparse.csr_array, config: FactorsConfig) -> sparse.csr_array:
    """(n_viewers + n_tags, n_videos): each tag stands as a viewer of its videos."""
    parts = [history, tags.T * np.float32(config.tag_weight)] if config.tag_weight > 0 else [history]
    return sparse.csr_array(sparse.vstack(parts, format="csr", dtype=np.float32))


def alternate(matrix: sparse.csr_array, config: FactorsConfig, member: int = 0) -> Floats:
    """(n_videos, factors) by `implicit`, started from the seed and the member's number."""
    from implicit.cpu.als import AlternatingLeastSquares  # heavy, and only training needs it

    with threadpool_limits(1, "blas"):  # its own threads share the work already
        model = AlternatingLeastSquares(
            factors=config.factors, regularization=config.reg, alpha=config.alpha, iterations=config.iterations,
            num_threads=config.threads, random_state=np.random.default_rng([config.seed, member]),
        )  # fmt: skip
        model.fit(sparse.csr_matrix(matrix), show_progress=False)
    return np.asarray(model.item_factors)


def _spread(parts: Floats, columns: np.ndarray, videos: Videos) -> sparse.csr_array:
    """Dense (n_videos, n_stated) parts as a sparse matrix over all tags."""
    rows = np.repeat(np.arange(len(videos)), len(columns))
    at = (rows, np.tile(columns, len(videos)))
    return sparse.coo_array((parts.ravel(), at), shape=videos.tags.shape).tocsr()
