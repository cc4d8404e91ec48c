"""What was shown, written after the answer: a bounded queue, emptied in batches and at shutdown.

Best effort: a killed process loses what waits, a fraction of a second's worth, and a full queue drops and counts.
"""

from collections import deque

from service.found import Found
from service.storage.impressions import add_impressions
from service.storage.rows import Row
from service.storage.store import Store

BATCH = 500
"""How many answers are written in one transaction."""


class ImpressionLog:
    """Answers that wait to be written."""

    def __init__(self, store: Store, most: int) -> None:
        self.n_dropped = 0
        self._store, self._most, self._n = store, most, 0
        self._waiting: deque[tuple[int, Row]] = deque()

    def __len__(self) -> int:
        """How many videos they hold."""
        return self._n

    def add(self, found: Found) -> None:
        """Let the videos of an answer wait to be written; the queue full, they are dropped."""
        n = found.ranked.n_videos
        if self._n + n > self._most:
            self.n_dropped += n
        elif n:
            self._waiting.append((n, _row(found)))
            self._n += n

    async def flush(self) -> None:
        """Write all that waits. What could not be written waits on."""
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            rows = [row for _, row in taken]
            try:
                await self._store.write(lambda connection, rows=rows: add_impressions(connection, rows))  # type: ignore[misc]
            except BaseException:
                self._waiting.extendleft(reversed(taken))
                raise
            self._n -= sum(n for n, _ in taken)


def _row(found: Found) -> Row:
    return {
        "request_id": found.request_id,
        "viewer_id": found.viewer_id,
        "bundle": found.bundle,
        "variant": found.variant,
        "shown_at": found.as_of,
        "shown": found.ranked.shown,
        "context": found.context,
    }
