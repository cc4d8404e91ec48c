"""Who likes the videos of each tag, as short vectors: what is left of the audience beyond everybody's."""

import numpy as np
from scipy import sparse

from recsys.interactions import Interactions
from recsys.schema import Floats

SIZE = 256
"""Length of a sketch: cosines come out within about 1 / 16."""
LEAST_LIKES = 3
"""Videos that fewer viewers liked say nothing of an audience."""


def video_sketches(events: Interactions, size: int = SIZE, seed: int = 0) -> Floats:
    """(n_videos, size) each video's audience projected at random (Achlioptas 2003), the mean audience taken off.

    Rows have length 1; 0 for a video with fewer than `LEAST_LIKES` likes. A viewer counts less the more they like
    (1 / √likes), or the sketch would be about the most active ones.
    """
    pairs = events.pairs()
    liked = pairs.where(pairs.weight > 0)
    n_viewers, n_videos = len(events.viewers), len(events.videos)
    activity = np.bincount(liked.viewer, minlength=n_viewers)
    weight = (1 / np.sqrt(np.maximum(activity, 1)))[liked.viewer].astype(np.float32)
    matrix = sparse.coo_array((weight, (liked.video, liked.viewer)), shape=(n_videos, n_viewers)).tocsr()
    signs = np.random.default_rng(seed).integers(0, 2, (n_viewers, size), np.int8).astype(np.float32) * 2 - 1
    sketch = matrix @ signs
    enough = np.bincount(liked.video, minlength=n_videos) >= LEAST_LIKES
    sketch = _unit(sketch * enough[:, None])
    mean = sketch[enough].mean(0) if enough.any() else np.zeros(size, np.float32)
    return _unit((sketch - mean) * enough[:, None])


def taste(sketches: Floats, size: int = 48) -> Floats:
    """(n_videos, size) the main directions of sketches: a singular value decomposition of a random projection.

    Halko, Martinsson and Tropp 2011 without power iterations; rows stay 0 where the sketch is.
    """
    if not len(sketches):
        return np.zeros((0, size), np.float32)
    _, directions = np.linalg.eigh((sketches.T @ sketches).astype(np.float64))
    return np.asarray(sketches @ directions[:, ::-1][:, :size].astype(np.float32), np.float32)


def tag_sketches(matrix: sparse.csr_array, videos: Floats) -> tuple[Floats, Floats, float]:
    """Each tag's audience, and how much its videos share one.

    Args:
        matrix: (n_videos, n_tags) 1 where a video has a tag.
        videos: (n_videos, size) from `video_sketches`.

    Returns:
        (n_tags, size) of length 1, 0 for a tag without an audience; (n_tags,) coherence: the squared length of the sum
        over what it would be for as many videos drawn at random. About 1 for a tag that says nothing of who likes its
        videos, more the more it says; NaN for a tag on fewer than 2 videos with an audience. And how far from 1 it
        comes by chance, as a standard deviation: see `chance`.
    """
    total = np.asarray(matrix.T @ videos, np.float32)
    known = (videos != 0).any(1)
    n_known = int(known.sum())
    m = np.asarray(matrix.T @ known.astype(np.float32)).ravel()
    by_chance = m * (1 - (m - 1) / max(n_known - 1, 1))
    mean = videos[known].mean(0) if n_known else np.zeros(videos.shape[1], np.float32)
    away = total - m[:, None] * mean  # the mean is nearly 0, not quite, once rows have length 1
    squared = (away.astype(np.float64) ** 2).sum(1)
    coherence = np.divide(squared, by_chance, out=np.full(len(m), np.nan), where=(m >= 2) & (by_chance > 0))
    return _unit(away), coherence.astype(np.float32), chance(videos[known])


def chance(vectors: Floats) -> float:
    """The standard deviation of a coherence by chance: √2 · Frobenius norm of the vectors' covariance over its trace.

    The squared length of a sum of m independent vectors varies by that much around its mean, whatever m is: the fewer
    directions the vectors have, the more.

    >>> round(chance(np.eye(50, dtype=np.float32)), 2)
    0.2
    """
    if len(vectors) < 2:
        return float("nan")
    away = (vectors - vectors.mean(0)).astype(np.float64)
    covariance = away.T @ away
    return float(np.sqrt(2) * np.linalg.norm(covariance) / max(np.trace(covariance), 1e-12))


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.divide(vectors, length, out=np.zeros_like(vectors, np.float32), where=length > 1e-6)
    return unit
