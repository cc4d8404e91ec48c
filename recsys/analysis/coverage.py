"""How much of the catalogue, and of what viewers do, has tags at all; by source."""

from dataclasses import dataclass

import numpy as np

from recsys.analysis.tagged import Tagged
from recsys.interactions import Interactions

EVERY = "every source"


@dataclass(frozen=True)
class Coverage:
    """What one source covers, or all together."""

    source: str
    n_taggings: int
    n_tags: int
    videos: float
    """Share of the videos with at least one tag of this source, 0 to 1; NaN without videos."""
    events: float
    """Share of the events whose video has one; NaN without events."""
    cold_videos: float
    """Share of the videos without any event that have one: of those, tags are all that is known. NaN without such."""
    tags_a_video: float
    """Mean over the videos that have any; NaN if none has."""


def coverage(tagged: Tagged, events: Interactions) -> list[Coverage]:
    """All sources together first, then each, the largest first."""
    sizes = np.bincount(tagged.source, minlength=len(tagged.sources))
    order = np.argsort(-sizes, kind="stable").tolist()
    parts = [(tagged.sources[at], tagged.where(tagged.source == at)) for at in order if sizes[at]]
    return [_of(name, part, events) for name, part in [(EVERY, tagged), *parts]]


def _of(name: str, tagged: Tagged, events: Interactions) -> Coverage:
    counts = np.diff(tagged.matrix.indptr)
    has, cold = counts > 0, events.video_events() == 0
    return Coverage(
        source=name,
        n_taggings=len(tagged),
        n_tags=int((tagged.spread > 0).sum()),
        videos=_mean(has),
        events=_mean(has[events.video]),
        cold_videos=_mean(has[cold]),
        tags_a_video=_mean(counts[has]),
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
