"""Factors: alternating least squares in which every tag is a viewer of the videos it is on.

Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008,
https://doi.org/10.1109/ICDM.2008.22, fitted by `implicit` on the stacked matrix [X; w·Tᵀ] (collective factorisation:
Singh and Gordon, KDD 2008). So a video nobody has watched gets factors from its tags, a tag has factors of its own, and
a video's factors move from what its tags say to what its viewers do as events come in. Viewers are not stored: their
vector is solved from their history and the tags they stated when they ask.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from recsys.errors import ConfigError, require
from recsys.interactions import Profiles, TrainingData, Videos
from recsys.models.base import Parts
from recsys.models.recency import Recency
from recsys.schema import Floats


@dataclass(frozen=True, kw_only=True)
class FactorsConfig:
    """How to fit."""

    factors: int = 128
    reg: float = 0.01
    alpha: float = 10.0
    """Confidence of an event of weight 1."""
    tag_weight: float = 5.0
    """What a tag's presence weighs beside an event; 0 leaves the tags out, and new videos unscored."""
    iterations: int = 8
    stated: float = 1.0
    """What one stated tag of weight 1 weighs in a viewer's vector, in events."""
    recency: Recency = Recency()
    seed: int = 0
    threads: int = 0
    """0 uses every core."""

    def __post_init__(self) -> None:
        for name in ("factors", "reg", "alpha", "iterations"):
            value = getattr(self, name)
            require(value > 0, f"factors.{name} is {value}; it must be above 0", ConfigError)
        for name in ("tag_weight", "stated", "threads"):
            value = getattr(self, name)
            require(value >= 0, f"factors.{name} is {value}; it must be >= 0", ConfigError)


@dataclass(frozen=True, eq=False)
class FactorsModel:
    """Fitted vectors of videos and tags. NaN rows are videos with neither an event nor a tag."""

    video_factors: Floats  # (n_videos, factors)
    tag_factors: Floats  # (n_tags, factors) in the viewers' place
    tag_centres: Floats  # (n_tags, factors) mean vector of the videos that carry the tag
    video_gram: Floats  # (factors, factors) VᵀV + reg·I
    viewer_gram: Floats  # (factors, factors) UᵀU + reg·I over viewers and tags
    alpha: float
    tag_weight: float
    stated: float
    recency: Recency

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """Dot products of the viewers' and the videos' vectors; NaN without evidence on either side."""
        return (self.viewer_vectors(profiles) @ self.vectors(videos).T).astype(np.float32)

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """A part for each past video and each stated tag: the viewer's vector is linear in them."""
        evidence = self._evidence(profile, 0, self.vectors(profile.videos), self.recency.weights(profile))
        targets = self.vectors(videos)
        known = np.isfinite(targets).all(1, keepdims=True)
        solved = np.linalg.solve(evidence.penalty(self.video_gram), evidence.pull.T)  # (factors, n_evidence)
        parts = np.where(known, np.nan_to_num(targets) @ solved, 0).astype(np.float32)  # (n_videos, n_evidence)
        stated = profile.tags.indices[profile.tags.indices < len(self.tag_centres)]
        past = parts[:, : len(profile.index)]
        return Parts(past, _spread(parts[:, len(profile.index) :], stated, videos), np.zeros(len(videos), np.float32))

    def vectors(self, videos: Videos) -> Floats:
        """(len(videos), factors) trained vectors, or those that the tags of a new video give; NaN without either."""
        known = (videos.rows >= 0) & (videos.rows < len(self.video_factors))
        if known.all():
            return self.video_factors[videos.rows]
        vectors = np.full((len(videos), self.video_factors.shape[1]), np.nan, np.float32)
        vectors[known] = self.video_factors[videos.rows[known]]
        for position in np.flatnonzero(~known):
            vectors[position] = self._from_tags(videos.tags[position : position + 1])
        return vectors

    def viewer_vectors(self, profiles: Profiles) -> Floats:
        """(n, factors) the viewers' vectors; NaN where nothing is known of the viewer."""
        past, fade = self.vectors(profiles.videos), self.recency.weights(profiles)
        solved = np.full((len(profiles), self.video_factors.shape[1]), np.nan, np.float32)
        for viewer in range(len(profiles)):
            evidence = self._evidence(profiles, viewer, past, fade)
            if evidence.pull.any():
                solved[viewer] = np.linalg.solve(evidence.penalty(self.video_gram), evidence.pull.sum(0))
        return solved

    def _evidence(self, profiles: Profiles, viewer: int, past: Floats, fade: Floats) -> "_Evidence":
        """One viewer's past videos, in order, then their stated tags, as vectors with confidences."""
        span = slice(profiles.indptr[viewer], profiles.indptr[viewer + 1])
        mine = slice(profiles.tags.indptr[viewer], profiles.tags.indptr[viewer + 1])
        tags, stated = profiles.tags.indices[mine], profiles.tags.data[mine] * self.stated
        here = tags < len(self.tag_centres)
        vectors = np.concatenate([past[profiles.index[span]], self.tag_centres[tags[here]]])
        confidence = self.alpha * np.concatenate([fade[span], stated[here]])
        known = np.isfinite(vectors).all(1)
        return _Evidence(np.where(known[:, None], vectors, 0), np.where(known, confidence, 0).astype(np.float32))

    def _from_tags(self, tags: sparse.csr_array) -> Floats:
        """One (factors,) vector of a video known by its tags alone: its half of an ALS sweep."""
        here = tags.indices < len(self.tag_factors)
        vectors, confidence = self.tag_factors[tags.indices[here]], self.alpha * self.tag_weight * tags.data[here]
        if not confidence.any():
            return np.full(self.video_factors.shape[1], np.nan, np.float32)
        evidence = _Evidence(vectors, confidence)
        return np.linalg.solve(evidence.penalty(self.viewer_gram), evidence.pull.sum(0)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Evidence:
    """What a vector is solved from. Negative confidence |c| says a confident no: it pulls towards zero."""

    vectors: Floats  # (n_evidence, factors)
    confidence: Floats  # (n_evidence,) signed

    @property
    def pull(self) -> Floats:
        """(n_evidence, factors) right-hand sides; their sum is the whole."""
        return self.vectors * np.maximum(self.confidence, 0)[:, None]

    def penalty(self, gram: Floats) -> Floats:
        """(factors, factors) the paper's Y'CY + reg·I, as Y'Y + reg·I + Y'(C - I)Y over the evidence alone."""
        extra = np.maximum(np.abs(self.confidence) - 1, 0)[:, None]
        return gram + (self.vectors * extra).T @ self.vectors


def fit_factors(data: TrainingData, config: FactorsConfig = FactorsConfig()) -> FactorsModel:
    """Fit by `implicit` on viewers and tags together.

    Raises:
        DataError: there is no event of positive weight.
    """
    history = data.events.matrix().maximum(0)
    history.eliminate_zeros()
    require(history.nnz > 0, "factors needs at least one event of positive weight; there is none")
    stacked = sparse.vstack([history, data.tags.T * np.float32(config.tag_weight)], format="csr", dtype=np.float32)
    stacked.eliminate_zeros()
    known = np.bincount(stacked.indices, minlength=stacked.shape[1]) > 0
    viewers, videos = _alternate(stacked, config)
    tags = viewers[history.shape[0] :]
    videos[~known] = 0
    grams = (_gram(videos, config.reg), _gram(viewers, config.reg))
    centres = _centres(data.tags, videos)
    videos[~known] = np.nan
    return FactorsModel(videos, tags, centres, *grams, config.alpha, config.tag_weight, config.stated, config.recency)


def _alternate(stacked: sparse.csr_array, config: FactorsConfig) -> tuple[Floats, Floats]:
    """Factors of rows and columns by `implicit`, started from the seed."""
    from implicit.cpu.als import AlternatingLeastSquares  # heavy, and only training needs it

    with threadpool_limits(1, "blas"):  # its own threads share the work already
        model = AlternatingLeastSquares(
            factors=config.factors, regularization=config.reg, alpha=config.alpha, iterations=config.iterations,
            num_threads=config.threads, random_state=np.random.default_rng(config.seed),
        )  # fmt: skip
        model.fit(sparse.csr_matrix(stacked), show_progress=False)
    return np.asarray(model.user_factors), np.asarray(model.item_factors)


def _gram(factors: Floats, reg: float) -> Floats:
    return (factors.T @ factors + np.float32(reg) * np.eye(factors.shape[1], dtype=np.float32)).astype(np.float32)


def _centres(tags: sparse.csr_array, videos: Floats) -> Floats:
    """(n_tags, factors) weighted mean vector of the videos of each tag; zero for a tag without videos."""
    weight = np.asarray(tags.sum(0)).ravel()
    return np.asarray(tags.T @ videos / np.maximum(weight, 1e-9)[:, None], np.float32)


def _spread(parts: Floats, columns: np.ndarray, videos: Videos) -> sparse.csr_array:
    """Dense (n_videos, n_stated) parts as a sparse matrix over all tags."""
    rows = np.repeat(np.arange(len(videos)), len(columns))
    at = (rows, np.tile(columns, len(videos)))
    return sparse.coo_array((parts.ravel(), at), shape=videos.tags.shape).tocsr()
