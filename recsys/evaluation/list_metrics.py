"""What ranked lists are like beyond being right: coverage, exposure, novelty, diversity, calibration.

`ranked` is (n_viewers, k) int32 catalogue rows, best first, -1 where the list is shorter than k.
"""

import numpy as np
from scipy import sparse

from recsys.schema import Doubles, Floats, Mask, Rows

SMOOTHING = 0.01
"""Share of the viewer's own mix in the list's, so that the divergence stays finite (Steck 2018, alpha)."""


def coverage(ranked: Rows, candidates: Mask) -> float:
    """Share of the candidate videos that are in at least one list, 0 to 1; NaN without candidates.

    >>> coverage(np.array([[0, 1], [1, -1]]), np.ones(4, bool))
    0.5
    """
    n_candidates = int(candidates.sum())
    return float((exposure(ranked, len(candidates))[candidates] > 0).sum() / n_candidates) if n_candidates else np.nan


def gini(ranked: Rows, candidates: Mask) -> float:
    """How unevenly the lists' places fall on the candidate videos: 0 evenly, towards 1 all on one video.

    NaN where no place is filled.

    >>> gini(np.array([[0], [1]]), np.ones(2, bool)), gini(np.array([[0], [0]]), np.ones(2, bool))
    (0.0, 0.5)
    """
    shown = np.sort(exposure(ranked, len(candidates))[candidates])
    n, total = len(shown), shown.sum()
    if not total:
        return np.nan
    return float((2 * np.arange(1, n + 1) - n - 1) @ shown / (n * total))


def exposure(ranked: Rows, n_videos: int) -> Rows:
    """(n_videos,) in how many lists each video is."""
    return np.bincount(ranked[ranked >= 0], minlength=n_videos).astype(np.int32)


def novelty(ranked: Rows, counts: Floats, n_viewers: int) -> Doubles:
    """(n_viewers,) mean self-information of the listed videos in bits; NaN for an empty list.

    Vargas and Castells 2011: -log2 of the share of viewers who know the video. We add one to the counts on both
    sides, so a video nobody had is finite: log2(n_viewers + 1).

    Args:
        ranked: the lists.
        counts: (n_videos,) how many viewers had each video in training.
        n_viewers: how many viewers training had.

    >>> novelty(np.array([[0, 1]]), np.array([3.0, 0.0]), 3).tolist()  # -log2(4/4) and -log2(1/4)
    [1.0]
    """
    information = -np.log2((counts + 1.0) / (n_viewers + 1.0))
    listed = ranked >= 0
    return _mean_over((information[ranked] * listed).sum(1), listed.sum(1))


def diversity(ranked: Rows, tags: sparse.csr_array) -> Doubles:
    """(n_viewers,) 1 - the mean cosine between the tag vectors of all pairs in the list; NaN below two videos.

    A video without tags is like no other (cosine 0).

    Args:
        ranked: the lists.
        tags: (n_videos, n_tags) tag vectors, >= 0.

    >>> diversity(np.array([[0, 1], [0, 2]]), sparse.csr_array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])).tolist()
    [0.0, 1.0]
    """
    lengths = np.sqrt(np.asarray(tags.multiply(tags).sum(1)).ravel())
    unit = sparse.diags_array(_inverse(lengths)) @ tags
    lists = _lists(ranked, tags.shape[0])
    n = np.diff(lists.indptr)
    sums = lists @ unit
    all_pairs = np.asarray(sums.multiply(sums).sum(1)).ravel()  # ordered pairs, each video with itself included
    same = lists @ (lengths > 0).astype(np.float64)
    return 1 - _mean_over(all_pairs - same, n * (n - 1))


def calibration(ranked: Rows, tags: sparse.csr_array, history: sparse.csr_array) -> Doubles:
    """(n_viewers,) divergence of the list's tag mix from the viewer's own, in nats; 0 is perfectly calibrated.

    Steck 2018, equations 2 to 6: KL(p || (1 - a) q + a p) with a = `SMOOTHING`. A mix is the weighted mean over
    videos of each one's tags scaled to sum 1; videos without tags are left out. NaN where either mix is empty.

    Args:
        ranked: the lists.
        tags: (n_videos, n_tags) tag vectors, >= 0.
        history: (n_viewers, n_videos) what the viewers had; only positive weights count.

    >>> tags = sparse.csr_array([[1.0, 0.0], [0.0, 1.0]])
    >>> calibration(np.array([[0, 1], [0, -1]]), tags, sparse.csr_array([[1.0, 1.0], [1.0, 1.0]])).round(2).tolist()
    [0.0, 1.96]
    """
    shares = _sum_to_one(tags.astype(np.float64))
    wanted = _sum_to_one(history.maximum(0) @ shares)
    listed = _sum_to_one(_lists(ranked, tags.shape[0]) @ shares)
    mixed = (1 - SMOOTHING) * listed + SMOOTHING * wanted
    wanted_log, mixed_log = wanted.copy(), mixed.copy()
    wanted_log.data, mixed_log.data = np.log(wanted.data), np.log(mixed.data)
    divergence = np.asarray((wanted.multiply(wanted_log) - wanted.multiply(mixed_log)).sum(1)).ravel()
    empty = (np.asarray(wanted.sum(1)).ravel() == 0) | (np.asarray(listed.sum(1)).ravel() == 0)
    return np.where(empty, np.nan, np.maximum(divergence, 0.0))


def _lists(ranked: Rows, n_videos: int) -> sparse.csr_array:
    row, place = np.nonzero(ranked >= 0)
    shape = (len(ranked), n_videos)
    return sparse.coo_array((np.ones(len(row)), (row, ranked[row, place])), shape=shape).tocsr()


def _sum_to_one(matrix: sparse.csr_array) -> sparse.csr_array:
    scaled = sparse.csr_array(sparse.diags_array(_inverse(np.asarray(matrix.sum(1)).ravel())) @ matrix)
    scaled.eliminate_zeros()
    return scaled


def _inverse(values: Doubles) -> Doubles:
    return np.divide(1.0, values, out=np.zeros(len(values)), where=values > 0)


def _mean_over(sums: Doubles, n: Rows) -> Doubles:
    return np.divide(sums, n, out=np.full(len(n), np.nan), where=n > 0)
