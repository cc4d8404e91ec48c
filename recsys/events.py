"""What an event says of a viewer's taste: the one place that turns event types and watch ratios into weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.errors import ConfigError, require
from recsys.schema import EVENT_TYPES, Floats


@dataclass(frozen=True, kw_only=True)
class EventWeights:
    """Weight of each event type; below zero the viewer turned the video down, zero carries no taste."""

    impression: float = 0.0
    play: float = 0.5
    progress: float = 0.5
    finish: float = 1.0
    like: float = 1.5
    dislike: float = -1.0
    share: float = 2.0
    save: float = 1.5
    skip: float = -0.3
    hide: float = -1.5
    watched: float = 1.0
    """Weight of a play or progress event whose watch ratio is 1; `glance` of one whose ratio is 0."""
    glance: float = -0.1

    def __post_init__(self) -> None:
        for name in (*EVENT_TYPES, "watched", "glance"):
            value = getattr(self, name)
            require(-10 <= value <= 10, f"weights.{name} is {value}; it must be within -10 and 10", ConfigError)

    def weigh(self, event_type: Sequence[int] | np.ndarray, watched_s: np.ndarray, duration_s: np.ndarray) -> Floats:
        """Weights of events.

        Args:
            event_type: (n,) positions in `schema.EVENT_TYPES`.
            watched_s: (n,) seconds watched, NaN where unknown.
            duration_s: (n,) length of the video in seconds, NaN where unknown.

        Returns:
            (n,) float32. A play or progress event with a known watch ratio r, held within 0 and 1, weighs
            glance + r · (watched - glance); without it, what its type weighs.
        """
        by_type = np.array([getattr(self, name) for name in EVENT_TYPES], np.float32)
        weight = by_type[np.asarray(event_type)]
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.clip(np.asarray(watched_s, np.float64) / np.asarray(duration_s, np.float64), 0, 1)
        graded = np.isin(event_type, [EVENT_TYPES.index("play"), EVENT_TYPES.index("progress")]) & np.isfinite(ratio)
        return np.where(graded, self.glance + ratio * (self.watched - self.glance), weight).astype(np.float32)
