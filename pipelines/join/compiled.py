"""What every compiled pass of the join is built from."""

import numba
import numpy as np

compiled = numba.njit(nogil=True, cache=True)
"""Machine code at first use, kept on disk; runs free of the interpreter lock."""


@compiled
def grouped(code, n):  # type: ignore[no-untyped-def]
    """Positions grouped by code, within a group in their old order.

    Args:
        code: (m,) int32, 0 to n - 1.
        n: number of codes.

    Returns:
        (n + 1,) int64 where each group starts, (m,) int64 positions.
    """
    start = np.zeros(n + 1, np.int64)
    for i in range(len(code)):
        start[code[i] + 1] += 1
    for k in range(n):
        start[k + 1] += start[k]
    free = start[:-1].copy()
    order = np.empty(len(code), np.int64)
    for i in range(len(code)):
        order[free[code[i]]] = i
        free[code[i]] += 1
    return start, order
