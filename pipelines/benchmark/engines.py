"""The bare engines that the pipeline's steps are measured against, on arrays already in memory."""

import numpy as np
from scipy import sparse

from recsys.interactions import Interactions
from recsys.schema import DAY_MS
from recsys.timeline import decay

VIEWERS_AT_ONCE = 2000


def scipy_profiles(
    events: Interactions, tags: sparse.csr_array, as_of: int, half_life_days: float, top: int
) -> sparse.csr_array:
    """Decayed events times tag vectors by `scipy.sparse`, the `top` largest of each viewer kept.

    Returns:
        (n_viewers, n_tags) float32.
    """
    left = decay(((as_of - events.time) / DAY_MS).astype(np.float32), half_life_days)
    shape = (len(events.viewers), len(events.videos))
    watched = sparse.coo_array((events.weight * left, (events.viewer, events.video)), shape=shape).tocsr()
    blocks = [
        strongest(watched[first : first + VIEWERS_AT_ONCE] @ tags, top) for first in range(0, shape[0], VIEWERS_AT_ONCE)
    ]
    return sparse.csr_array(sparse.vstack(blocks, format="csr"))


def strongest(matrix: sparse.csr_array, top: int) -> sparse.csr_array:
    """Each row's `top` entries of the largest size."""
    keep = [np.zeros(0, np.int64)]
    for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        if end - start > top:
            chosen = np.argpartition(np.abs(matrix.data[start:end]), end - start - top)[-top:]
            keep.append(start + np.sort(chosen))
        else:
            keep.append(np.arange(start, end))
    at = np.concatenate(keep)
    indptr = np.concatenate([[0], np.cumsum(np.minimum(np.diff(matrix.indptr), top))])
    return sparse.csr_array((matrix.data[at], matrix.indices[at], indptr), shape=matrix.shape)


def implicit_factors(matrix: sparse.csr_matrix, factors: int, iterations: int, threads: int, seed: int) -> np.ndarray:
    """(n_videos, factors) float32 by `implicit` as it comes."""
    from implicit.cpu.als import AlternatingLeastSquares  # heavy, and only this step needs it
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):  # as `implicit` itself asks for
        model = AlternatingLeastSquares(
            factors=factors, iterations=iterations, num_threads=threads, random_state=np.random.default_rng(seed)
        )
        model.fit(matrix, show_progress=False)
    return np.asarray(model.item_factors)
