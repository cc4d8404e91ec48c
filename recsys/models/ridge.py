"""Ridge regression of many targets on sparse features, without ever forming the features' Gram matrix."""

import numpy as np
from scipy import sparse

from recsys.schema import Floats


def ridge(features: sparse.csr_array, targets: Floats, penalty: float, steps: int = 60) -> Floats:
    """Solve (AᵀA + penalty·I) W = AᵀY by conjugate gradients, all columns at once.

    Args:
        features: (n, n_features) A.
        targets: (n, k) Y.
        penalty: above 0.
        steps: at most; fewer where every column has converged.

    Returns:
        (n_features, k) float32. Each column is its own system; the directions are merely taken together.

    >>> ridge(sparse.csr_array(np.eye(2)), np.array([[2.0], [4.0]]), 1.0).ravel().tolist()
    [1.0, 2.0]
    """
    transposed = features.T.tocsr()
    solved = np.zeros((features.shape[1], targets.shape[1]), np.float32)
    residual = np.asarray(transposed @ targets, np.float32)
    direction, size = residual.copy(), (residual**2).sum(0)
    done = np.maximum(size * 1e-8, 1e-20)
    for _ in range(steps):
        if (size <= done).all():
            break
        image = transposed @ (features @ direction) + np.float32(penalty) * direction
        step = size / np.maximum((direction * image).sum(0), 1e-30)
        solved += step * direction
        residual -= step * image
        previous, size = size, (residual**2).sum(0)
        direction = residual + (size / np.maximum(previous, 1e-30)) * direction
    return solved
