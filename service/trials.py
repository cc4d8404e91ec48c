"""How often new videos were shown and taken up since the bundle was trained: what exploration learns from."""

from collections import defaultdict
from collections.abc import Mapping

from recsys.schema import DAY_MS, Mask
from service.clock import Clock
from service.live import Live
from service.snapshot import Snapshot
from service.storage.events import taken_between
from service.storage.impressions import shown_between, videos_of
from service.storage.store import Store
from service.threads import in_thread

SETTLED_MS = 2_000
"""What is younger may not be written yet by every process."""
LOOK_BACK_MS = 7 * DAY_MS
"""Older trials are not looked at when a process starts."""


class Trials:
    """Follows the store, from where the bundle's knowledge ends."""

    def __init__(self, store: Store, live: Live, clock: Clock) -> None:
        self.counts: Mapping[str, tuple[int, int]] = {}
        """Per new video, how often it was shown and taken up."""
        self._store, self._live, self._clock = store, live, clock
        self._bundle: str | None = None
        self._until = 0

    async def follow(self) -> None:
        """Count what came since the last look."""
        snapshot = self._live.snapshot
        if snapshot is not None:
            self.counts = await in_thread(self._counted, snapshot)

    def _counted(self, snapshot: Snapshot) -> Mapping[str, tuple[int, int]]:
        until = self._clock() - SETTLED_MS
        if snapshot.bundle.version != self._bundle:
            self._bundle, self._until = snapshot.bundle.version, max(snapshot.bundle.as_of, until - LOOK_BACK_MS)
            self.counts = {}
        since, self._until = self._until, max(until, self._until)
        cold = snapshot.catalogue.in_state("cold")
        shown, taken = defaultdict[str, int](int), defaultdict[str, int](int)
        with self._store.reading() as connection:
            for listed in shown_between(connection, since, self._until):
                for video_id in videos_of(listed):
                    shown[video_id] += _is_new(snapshot, cold, video_id)
            for video_id in taken_between(connection, since, self._until):
                taken[video_id] += _is_new(snapshot, cold, video_id)
        counts = dict(self.counts)
        for video_id in shown.keys() | taken.keys():
            before = counts.get(video_id, (0, 0))
            now = before[0] + shown[video_id], before[1] + taken[video_id]
            if any(now):
                counts[video_id] = now
        return counts


def _is_new(snapshot: Snapshot, cold: Mask, video_id: str) -> bool:
    position = snapshot.catalogue.position(video_id)
    return position >= 0 and bool(cold[position])
