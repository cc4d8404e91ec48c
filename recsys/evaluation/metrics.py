"""How good ranked lists are: one value per viewer, so that intervals and paired tests are possible.

Everywhere, `ranked` is (n_viewers, k) int32: catalogue rows, best first, -1 where the list is shorter than k.
`truth` is (n_viewers, n_videos) CSR whose stored entries are the viewer's positives. The cut-off is the width of
`ranked`: cut it (`ranked[:, :10]`) to measure at a smaller k. A viewer without positives has nothing to find and
gets NaN; an empty list of a viewer who has positives gets 0.
"""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from recsys.schema import Doubles, Floats, Mask, Rows

Metric = Callable[[Rows, sparse.csr_array], Doubles]


def top_k(
    scores: Floats,
    k: int,
    exclude: sparse.csr_array | None = None,
    candidates: Mask | None = None,
    truth: sparse.csr_array | None = None,
) -> Rows:
    """The k best videos of every viewer.

    NaN means that the model cannot tell, so such a video is never in the list, even if that leaves it short; nor
    is one at minus infinity. Ties are pessimistic: among equal scores the positives of `truth` come last, so
    a model that scores everything alike gains nothing; other ties go to the lower row.

    Args:
        scores: (n_viewers, n_videos), higher is better.
        k: length of the lists, at least 1.
        exclude: (n_viewers, n_videos) the stored entries are masked: seen videos and known other positives.
        candidates: (n_videos,) the only videos that may be listed; all by default.
        truth: (n_viewers, n_videos) positives, for the ties.

    Returns:
        (n_viewers, k) rows, best first, -1 where nothing is left.

    >>> top_k(np.array([[0.1, 0.9, np.nan, 0.5]]), 4).tolist()
    [[1, 3, 0, -1]]
    >>> top_k(np.array([[1.0, 1.0, 1.0]]), 2, truth=sparse.csr_array([[1, 0, 0]])).tolist()
    [[1, 2]]
    """
    usable = np.where(np.isnan(scores), -np.inf, scores).astype(np.float64)
    if truth is not None:
        row, column = _entries(truth)
        usable[row, column] = np.nextafter(usable[row, column], -np.inf)  # below every equal float32, above the rest
    if exclude is not None:
        usable[_entries(exclude)] = -np.inf
    if candidates is not None:
        usable[:, ~candidates] = -np.inf
    return _best(usable, k)


def _entries(matrix: sparse.csr_array) -> tuple[Rows, Rows]:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), matrix.indices


def _best(usable: Doubles, k: int) -> Rows:
    n_viewers, n_videos = usable.shape
    ranked = np.full((n_viewers, k), -1, np.int32)
    width = min(k, n_videos)
    if not width or not n_viewers:
        return ranked
    last = np.partition(usable, n_videos - width, axis=1)[:, n_videos - width, None]  # (n_viewers, 1)
    chosen, ties = usable > last, usable == last
    room = width - chosen.sum(1)
    crowded = np.flatnonzero(ties.sum(1) > room)  # more ties at the cut than places: the lower rows get them
    ties[crowded] &= np.cumsum(ties[crowded], axis=1, dtype=np.int32) <= room[crowded, None]
    columns = np.nonzero(chosen | ties)[1].reshape(n_viewers, width)
    values = np.take_along_axis(usable, columns, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    best = np.take_along_axis(np.where(np.isneginf(values), -1, columns), order, axis=1)
    ranked[:, :width] = best
    return ranked


def hits(ranked: Rows, truth: sparse.csr_array) -> Mask:
    """(n_viewers, k) which places of the lists hold a positive.

    >>> hits(np.array([[2, 0, -1]]), sparse.csr_array([[1, 0, 0]])).tolist()
    [[False, True, False]]
    """
    row, column = _entries(truth)
    places = np.arange(len(ranked))[:, None] * truth.shape[1] + ranked
    found: Mask = np.isin(places, row.astype(np.int64) * truth.shape[1] + column)
    return found & (ranked >= 0)


def recall(ranked: Rows, truth: sparse.csr_array) -> Doubles:
    """(n_viewers,) share of the viewer's positives that are in the list, 0 to 1; all positives count, even above k.

    >>> recall(np.array([[3, 1], [0, 1]]), sparse.csr_array([[1, 0, 1, 1], [0, 0, 0, 0]])).tolist()
    [0.3333333333333333, nan]
    """
    return _over(hits(ranked, truth).sum(1), _positives(truth))


def precision(ranked: Rows, truth: sparse.csr_array) -> Doubles:
    """(n_viewers,) share of the k places that hold a positive, 0 to 1; an empty place is a miss.

    >>> precision(np.array([[3, 1, -1, -1]]), sparse.csr_array([[1, 0, 1, 1]])).tolist()
    [0.25]
    """
    return _tested(hits(ranked, truth).mean(1), truth)


def hit_rate(ranked: Rows, truth: sparse.csr_array) -> Doubles:
    """(n_viewers,) 1 where at least one positive is in the list, else 0.

    >>> hit_rate(np.array([[3, 1], [1, 2]]), sparse.csr_array([[0, 0, 0, 1], [1, 0, 0, 0]])).tolist()
    [1.0, 0.0]
    """
    return _tested(np.where(hits(ranked, truth).any(1), 1.0, 0.0), truth)


def ndcg(ranked: Rows, truth: sparse.csr_array) -> Doubles:
    """(n_viewers,) discounted gain over that of an ideal list, which has min(k, positives) hits on top; 0 to 1.

    Järvelin and Kekäläinen 2002 with binary gains and discount 1 / log2(place + 1).

    >>> ndcg(np.array([[3, 1, 0]]), sparse.csr_array([[1, 0, 0, 1]])).round(4).tolist()  # (1 + 1/2) / (1 + 1/log2 3)
    [0.9197]
    """
    k = ranked.shape[1]
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(_positives(truth), k)]
    return _over(hits(ranked, truth) @ discount, ideal)


def mrr(ranked: Rows, truth: sparse.csr_array) -> Doubles:
    """(n_viewers,) 1 / place of the first positive, 0 where none is in the list.

    >>> mrr(np.array([[2, 3], [0, 1]]), sparse.csr_array([[0, 0, 0, 1], [0, 0, 0, 1]])).tolist()
    [0.5, 0.0]
    """
    found = hits(ranked, truth)
    return _tested(np.where(found.any(1), 1 / (1 + found.argmax(1)), 0.0), truth)


def average_precision(ranked: Rows, truth: sparse.csr_array) -> Doubles:
    """(n_viewers,) precision at each hit's place, summed, over min(k, positives); 0 to 1. Its mean is MAP.

    >>> average_precision(np.array([[3, 1, 0]]), sparse.csr_array([[1, 0, 0, 1]])).round(4).tolist()  # (1 + 2/3) / 2
    [0.8333]
    """
    found, k = hits(ranked, truth), ranked.shape[1]
    at_each_hit = found * np.cumsum(found, axis=1) / np.arange(1, k + 1)
    return _over(at_each_hit.sum(1), np.minimum(_positives(truth), k))


def _positives(truth: sparse.csr_array) -> Rows:
    return np.diff(truth.indptr)


def _over(gains: Doubles | Rows, most: Doubles | Rows) -> Doubles:
    return np.where(most > 0, gains / np.maximum(most, 1e-300), np.nan)


def _tested(values: Doubles, truth: sparse.csr_array) -> Doubles:
    return np.where(_positives(truth) > 0, values, np.nan)


ACCURACY: dict[str, Metric] = {
    "recall": recall,
    "precision": precision,
    "ndcg": ndcg,
    "mrr": mrr,
    "map": average_precision,
    "hit_rate": hit_rate,
}
"""By the name that reports use."""
