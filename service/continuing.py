"""What a viewer began to watch and did not finish."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.storage.events import PastEvent

BEGUN_S = 5.0
"""Less was only a look."""
DONE = 0.95
"""Who came so far has seen it."""
ENDS = frozenset({"finish", "dislike", "hide", "skip"})
"""After one of these nobody wants to go on."""


@dataclass(frozen=True)
class Begun:
    """A video that a viewer began."""

    video_id: str
    watched_s: float
    duration_s: float | None
    last_at: int  # ms

    @property
    def share(self) -> float | None:
        """How far of the whole they came, 0 to 1; None where its length is unknown."""
        return min(self.watched_s / self.duration_s, 1.0) if self.duration_s else None


def begun(events: Sequence[PastEvent]) -> list[Begun]:
    """What can be gone on with, the latest first.

    Args:
        events: a viewer's, newest first; the last word on each video counts.
    """
    found: list[Begun] = []
    decided = set[str]()
    for one in events:
        if one.video_id in decided or (one.event_type not in ENDS and one.watched_s is None):
            continue
        decided.add(one.video_id)
        if one.event_type in ENDS or one.watched_s is None or one.watched_s < BEGUN_S:
            continue
        going = Begun(one.video_id, one.watched_s, one.duration_s, one.occurred_at)
        if going.share is None or going.share < DONE:
            found.append(going)
    return found
