"""What was shown, written after the answer: a bounded queue, emptied in batches and at shutdown.

Best effort: a killed process loses what waits, a fraction of a second's worth, and a full queue drops and counts.
"""

from collections import deque

from service.schemas.recommendations import Recommendations
from service.storage.impressions import add_impressions
from service.storage.rows import Row
from service.storage.store import Store

BATCH = 2000
"""How many are written in one transaction."""
ALWAYS = 1.0
"""The propensity of a video that was ranked by score alone: it would always have stood there."""


class ImpressionLog:
    """Impressions that wait to be written."""

    def __init__(self, store: Store, most: int) -> None:
        self.n_dropped = 0
        self._store, self._most = store, most
        self._waiting: deque[Row] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, shown: Recommendations) -> None:
        """Let the videos of an answer wait to be written; the queue full, they are dropped."""
        if len(self._waiting) + len(shown.videos) > self._most:
            self.n_dropped += len(shown.videos)
            return
        self._waiting.extend(_rows(shown))

    async def flush(self) -> None:
        """Write all that waits. What could not be written waits on."""
        while self._waiting:
            rows = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                await self._store.write(lambda connection, rows=rows: add_impressions(connection, rows))  # type: ignore[misc]
            except BaseException:
                self._waiting.extendleft(reversed(rows))
                raise


def _rows(shown: Recommendations) -> list[Row]:
    return [
        {
            "request_id": shown.request_id,
            "position": position,
            "viewer_id": shown.viewer_id,
            "video_id": video.video_id,
            "score": video.score,
            "propensity": ALWAYS,
            "source": video.source,
            "bundle": shown.bundle,
            "variant": None,
            "shown_at": shown.as_of,
        }
        for position, video in enumerate(shown.videos)
    ]
