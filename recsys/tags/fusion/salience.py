"""Salience: how much a video is about a tag, as far as one can tell without understanding it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from recsys.tags.evidence import Box


@dataclass(frozen=True)
class Salience:
    """Each in [0, 1]."""

    screen_time: float
    """The share of the video in whose shots it was found."""
    prominence: float | None
    """How large and how central its rectangles are; None where it has none: sounds, words, whole frames."""
    title: float
    """1 where the title names it or a tag below it, a half where only the description does."""


def prominence(boxes: Iterable[Box | None]) -> float | None:
    """The mean over rectangles of the root of their area times their nearness to the centre; corners are 0 near.

    >>> prominence([(0.0, 0.0, 1.0, 1.0), None]), prominence([None]), prominence([(0.0, 0.0, 0.2, 0.2)])
    (1.0, None, 0.04)
    """
    seen = [_one(*one) for one in boxes if one is not None]
    return round(float(np.mean(seen)), 6) if seen else None


def _one(left: float, top: float, right: float, bottom: float) -> float:
    away = np.hypot(left + right - 1, top + bottom - 1) / np.sqrt(2)
    return float(np.sqrt((right - left) * (bottom - top)) * (1 - away))
