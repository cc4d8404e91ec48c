"""What to ask new viewers for: measured once for each bundle, in a thread."""

import asyncio

from recsys.bundle import Contents
from recsys.ranking.onboarding import Questions


class Onboarding:
    """The questions of the contents that were asked for last."""

    def __init__(self) -> None:
        self._kept: Questions | None = None
        self._lock = asyncio.Lock()

    async def of(self, contents: Contents) -> Questions:
        """The questions of a bundle's contents."""
        async with self._lock:
            if self._kept is None or self._kept.contents is not contents:
                self._kept = await asyncio.to_thread(Questions.of, contents)
            return self._kept
