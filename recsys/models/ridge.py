"""Ridge regression of many targets on sparse features, without ever forming the features' Gram matrix."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import sparse

from recsys.schema import Doubles, Floats

CLOSE = 3e-5
"""A column is solved once its residual has shrunk to this, each feature measured on its own scale."""
COLUMNS = 32
"""Columns of one piece of work: few enough for the cache."""


def ridge(features: sparse.csr_array, targets: Floats, penalty: float, steps: int = 60, threads: int = 2) -> Floats:
    """Solve (AᵀA + penalty·I) W = AᵀY by conjugate gradients, preconditioned by the diagonal.

    Args:
        features: (n, n_features) A.
        targets: (n, k) Y.
        penalty: above 0.
        steps: at most; fewer where every column has converged.
        threads: changes no byte.

    Returns:
        (n_features, k) float32. Each column is its own system; the directions are merely taken together.

    >>> ridge(sparse.csr_array(np.eye(2)), np.array([[2.0], [4.0]]), 1.0).ravel().tolist()
    [1.0, 2.0]
    """
    features = features.astype(np.float32)
    transposed = features.T.tocsr()
    squares = np.bincount(features.indices, features.data.astype(np.float64) ** 2, features.shape[1])
    scale = (1 / (squares + penalty)).astype(np.float32)[:, None]

    def piece(start: int) -> Floats:
        right = transposed @ np.ascontiguousarray(targets[:, start : start + COLUMNS], np.float32)
        return _solved(features, transposed, np.asarray(right, np.float32), scale, penalty, steps)

    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(piece, range(0, targets.shape[1], COLUMNS)))
    return np.concatenate([np.empty((features.shape[1], 0), np.float32), *parts], axis=1)


def _solved(
    features: sparse.csr_array,
    transposed: sparse.csr_array,
    residual: Floats,
    scale: Floats,
    penalty: float,
    steps: int,
) -> Floats:
    """(n_features, k) solutions for right-hand sides that are used up."""
    solved, direction = np.zeros_like(residual), scale * residual
    size = _dot(residual, direction)
    done = np.maximum(size * CLOSE**2, 1e-20)
    for _ in range(steps):
        if (size <= done).all():
            break
        image = transposed @ (features @ direction)
        image += np.float32(penalty) * direction
        step = (size / np.maximum(_dot(direction, image), 1e-30)).astype(np.float32)
        solved += step * direction
        residual -= step * image
        near = scale * residual
        previous, size = size, _dot(residual, near)
        direction *= (size / np.maximum(previous, 1e-30)).astype(np.float32)
        direction += near
    return solved


def _dot(one: Floats, other: Floats) -> Doubles:
    """(k,) dot products of the columns; summed as float64, or conjugate gradients would forget their directions."""
    return (one * other).sum(0, dtype=np.float64)
