"""Boxes of objects in one picture, and which of many overlapping ones stays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OVERLAP = 0.6
"""Boxes of one class that share more of their union are of one object."""


@dataclass(frozen=True)
class Boxes:
    """Objects found in one picture."""

    corners: NDArray[np.float32]
    """(n, 4): left, top, right, bottom in pixels of the model's input."""
    classes: NDArray[np.int64]
    """(n,): rows of the labels."""
    scores: NDArray[np.float32]
    """(n,) in [0, 1]."""


def best(found: Boxes, most: int) -> Boxes:
    """The surest box of each object, at most so many, surest first (greedy non-maximum suppression by class)."""
    waiting = np.argsort(-found.scores, kind="stable")
    kept: list[int] = []
    while len(waiting) and len(kept) < most:
        first, rest = waiting[0], waiting[1:]
        kept.append(int(first))
        same = found.classes[rest] == found.classes[first]
        waiting = rest[~(same & (_overlap(found.corners[first], found.corners[rest]) > OVERLAP))]
    return Boxes(found.corners[kept], found.classes[kept], found.scores[kept])


def _overlap(one: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box (4,) with others (n, 4)."""
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    union = (one[2:] - one[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1) - shared
    return shared / np.maximum(union, 1e-9)
