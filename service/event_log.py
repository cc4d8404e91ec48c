"""Events on their way into the store: what comes while others are written goes into the next transaction, together."""

import asyncio
from collections.abc import Sequence
from functools import partial

from sqlalchemy.exc import OperationalError

from service.storage.events import append_each
from service.storage.rows import Row
from service.storage.store import Store

AT_ONCE = 1000
"""No further request's events go into a transaction of so many: impressions and edits wait for it."""
Waiting = tuple[Sequence[Row], "asyncio.Future[set[str]]"]


class EventLog:
    """A transaction costs ten times what an event in it does, so requests share theirs. For one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def append(self, rows: Sequence[Row]) -> set[str]:
        """Append events; they are on disk when this returns.

        Args:
            rows: as `storage.events.append` takes them.

        Returns:
            The ids that were there already.
        """
        done: asyncio.Future[set[str]] = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await done

    async def _write(self) -> None:
        try:
            while self._waiting:
                await self._write_together(self._taken())
        finally:
            self._writing = None

    def _taken(self) -> list[Waiting]:
        n, events = 0, 0
        while n < len(self._waiting) and events < AT_ONCE:
            events += len(self._waiting[n][0])
            n += 1
        taken, self._waiting = self._waiting[:n], self._waiting[n:]
        return taken

    async def _write_together(self, taken: Sequence[Waiting]) -> None:
        """Write, and tell who waits; where the database takes some of it for wrong, each alone."""
        try:
            found = await self._store.write(partial(append_each, several=[rows for rows, _ in taken]))
        except Exception as error:
            if len(taken) > 1 and not isinstance(error, OperationalError):
                for one in taken:
                    await self._write_together([one])
                return
            for _, done in taken:
                if not done.done():  # who waited may have gone
                    done.set_exception(error)
        else:
            for (_, done), known in zip(taken, found, strict=True):
                if not done.done():
                    done.set_result(known)
