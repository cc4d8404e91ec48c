"""One pass over every video's sketch, in compiled code: the highest coarse scores, nothing else kept."""

import numba
import numpy as np

from recsys.schema import Floats, Mask, Rows

LOWEST = np.float32(-3e38)
_reassociating = {"reassoc", "contract", "nsz"}  # lets sums be vectorised; NaN and infinity keep their meaning


@numba.njit(nogil=True, cache=True, fastmath=_reassociating)
def highest(
    codes: np.ndarray,
    query: Floats,
    weights: Floats,
    popularity: Floats,
    more: Floats,
    known: Mask,
    allowed: Mask,
    k: int,
) -> Rows:  # pragma: no cover - compiled
    """The k allowed videos of highest coarse score, in no order; fewer where fewer are allowed.

    Args:
        codes: (n, factors) int8.
        query: (factors,) the viewer's vector in steps of the codes.
        weights: (2, 2) what that product, then popularity, counts for a new and for a known video.
        popularity: (n,) of each video.
        more: (n,) what is added besides.
        known: (n,) which videos are known.
        allowed: (n,) which may be returned.
        k: how many, at least 1.
    """
    scores = np.full(k, LOWEST, np.float32)  # a heap, the lowest first
    rows = np.full(k, -1, np.int32)
    for row in range(len(codes)):
        if not allowed[row]:
            continue
        score = np.float32(0)
        for factor in range(len(query)):
            score += query[factor] * np.float32(codes[row, factor])
        regime = 1 if known[row] else 0
        score = score * weights[0, regime] + popularity[row] * weights[1, regime] + more[row]
        if score <= scores[0]:
            continue
        at = 0
        while True:  # sift down
            child = 2 * at + 1
            if child >= k:
                break
            if child + 1 < k and scores[child + 1] < scores[child]:
                child += 1
            if scores[child] >= score:
                break
            scores[at], rows[at] = scores[child], rows[child]
            at = child
        scores[at], rows[at] = score, row
    return rows[rows >= 0]


@numba.njit(nogil=True, cache=True)
def add_tags(
    to: Floats, indptr: np.ndarray, indices: np.ndarray, data: Floats, tags: Rows, tastes: Floats, known: Mask
) -> None:  # pragma: no cover - compiled
    """Add to every video that has some of these tags what they say of it.

    Args:
        to: (n_videos,) what is added to.
        indptr: with `indices` and `data` the tags' videos and weights, row by row a tag.
        indices: see `indptr`.
        data: see `indptr`.
        tags: (n,) which tags.
        tastes: (n, 2) what each is worth on a new and on a known video.
        known: (n_videos,) which videos are known.
    """
    for at in range(len(tags)):
        for place in range(indptr[tags[at]], indptr[tags[at] + 1]):
            row = indices[place]
            to[row] += data[place] * tastes[at, 1 if known[row] else 0]
