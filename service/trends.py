"""What is watched more than before, and what is watched most: counted once a minute, for all who ask."""

import asyncio
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from recsys.ranking.catalogue import Catalogue
from recsys.ranking.filter_language import Filter
from recsys.ranking.filters import matching
from service.storage.events import viewers_by_video
from service.storage.store import Store
from service.threads import in_thread

FRESH_MS = 60_000
"""How long a count is good for."""
BEFORE = 3
"""How many windows before this one say what was to be expected."""
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Watched:
    """How many watched a video in a window."""

    video_id: str
    n_viewers: int
    expected: float
    """How many were to be expected by the windows before."""

    @property
    def rise(self) -> float:
        """How far the number exceeds what was expected, in standard deviations of a Poisson count."""
        return (self.n_viewers - self.expected) / math.sqrt(self.expected + 1)


@dataclass(frozen=True)
class Counted:
    """What was watched in a window, in both orders."""

    minute: int
    risen: Sequence[Watched]
    """The most risen first."""
    watched: Sequence[Watched]
    """The most watched first."""


class Trends:
    """Counts of one store, each made in a thread and kept for a minute."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[float, Counted] = {}
        self._lock = asyncio.Lock()

    async def of(self, window_h: float, now: int, by_number: bool = False) -> Sequence[Watched]:
        """Every video watched in the last hours, the most risen first, or the most watched.

        Args:
            window_h: how many hours.
            now: ms.
            by_number: order by viewers instead of by rise.
        """
        minute = now // FRESH_MS
        async with self._lock:
            kept = self._kept.get(window_h)
            if kept is None or kept.minute != minute:
                self._kept = {window: one for window, one in self._kept.items() if one.minute == minute}
                kept = self._kept[window_h] = await in_thread(self._count, window_h, now)
        return kept.watched if by_number else kept.risen

    def _count(self, window_h: float, now: int) -> Counted:
        with self._store.reading() as connection:
            found = watched(connection, window_h, now)
        risen = sorted(found, key=lambda one: (-one.rise, one.video_id))
        return Counted(now // FRESH_MS, risen, sorted(found, key=lambda one: (-one.n_viewers, one.video_id)))


def usable(
    found: Iterable[Watched], catalogue: Catalogue, filters: Iterable[Filter | None], now: int
) -> Iterator[Watched]:
    """Those of some watched videos that may be shown and pass the filters, in their order."""
    mask = catalogue.available(now)
    for one in filters:
        if one is not None:
            mask = mask & matching(catalogue, one, now)
    for video in found:
        position = catalogue.position(video.video_id)
        if position >= 0 and mask[position]:
            yield video


def watched(connection: Connection, window_h: float, now: int) -> list[Watched]:
    """Every video that was watched in the last hours, in no order."""
    window = round(window_h * HOUR_MS)
    ends = [now + 1 - back * window for back in range(BEFORE + 1)]
    counted = [viewers_by_video(connection, end - window, end) for end in ends]
    return [
        Watched(video_id, n, sum(one.get(video_id, 0) for one in counted[1:]) / BEFORE)
        for video_id, n in counted[0].items()
    ]
