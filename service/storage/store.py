"""The store: short reads where they are needed, and writes one after the other in a thread of their own."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from service.storage.engine import WRITES, open_engine
from service.threads import A_LITTLE, ALL_THE_WAY, one_thread

Result = TypeVar("Result")
LONGEST_SCRUB_S = 10.0
LONGEST_READ_S = 60.0
"""How long closing waits for a read in another thread: a connection that is closed under it ends the process."""


class Store:
    """One per process.

    A read happens in the caller's thread: it takes a fraction of a millisecond and never waits for a writer. A write
    may wait for another process's write, so requests await it while the others go on.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(**{WRITES: True})
        self._each_by_itself = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writer = one_thread("store-writer", A_LITTLE)
        self._folder = one_thread("store-folder", ALL_THE_WAY)
        self._mine = threading.local()
        self._reading = threading.Condition()
        self._n_reading = 0
        self._kept: list[Connection] = []

    @classmethod
    def open(cls, store_url: str, busy_timeout_s: float = 5.0) -> "Store":
        """The store at an address; see `open_engine`."""
        return cls(open_engine(store_url, busy_timeout_s))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for one consistent set of reads. Each thread keeps its own open for the next ones."""
        self._count(1)
        try:
            connection = self._connection("reading", self.engine)
            if connection.in_transaction():  # a set of reads within another
                with self.engine.connect() as another:
                    yield another
                return
            with connection.begin():
                yield connection
        finally:
            self._count(-1)

    def glance(self, read: Callable[[Connection], Result]) -> Result:
        """Do one prepared read by itself: to begin and end a transaction would cost more than it does."""
        self._count(1)
        try:
            return read(self._connection("glancing", self._each_by_itself))
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        """Let closing know what is read meanwhile."""
        with self._reading:
            self._n_reading += change
            self._reading.notify_all()

    def _connection(self, purpose: str, engine: Engine) -> Connection:
        """This thread's connection for a purpose."""
        found: Connection | None = getattr(self._mine, purpose, None)
        if found is None:
            found = engine.connect()
            setattr(self._mine, purpose, found)
            self._kept.append(found)
        return found

    def write_now(self, work: Callable[[Connection], Result]) -> Result:
        """Do `work` in one transaction, in this thread."""
        with self._writing.begin() as connection:
            return work(connection)

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Do `work` in one transaction, in the writer's thread. It is on disk when this returns."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self.write_now, work)

    async def fold(self) -> None:
        """Fold SQLite's log into the file beside reads and writes: a write that had to would wait for the disk."""
        await self._checkpoint("PASSIVE")

    async def scrub(self) -> None:
        """Leave nothing of deleted rows in SQLite's log: fold all of it into the file, which is zeroed where rows were.

        OperationalError where others use the log for too long.
        """
        end = time.monotonic() + LONGEST_SCRUB_S
        while not await self._checkpoint("TRUNCATE"):
            if time.monotonic() > end:
                raise OperationalError("PRAGMA wal_checkpoint(TRUNCATE)", None, TimeoutError("the log is in use"))
            await asyncio.sleep(0.05)

    async def _checkpoint(self, how: Literal["PASSIVE", "TRUNCATE"]) -> bool:
        """Whether it was done; not where another one goes on, in any process."""
        if self.engine.dialect.name != "sqlite":
            return True
        return await asyncio.get_running_loop().run_in_executor(self._folder, self._checkpoint_now, how)

    def _checkpoint_now(self, how: str) -> bool:
        with self._each_by_itself.connect() as connection:
            driver: Any = connection.connection.driver_connection
            [(is_busy, _, _)] = driver.execute(f"PRAGMA wal_checkpoint({how})").fetchall()
            return not is_busy

    def close(self) -> None:
        """Finish the writes and reads under way, in other threads too, and close all connections."""
        self._writer.shutdown(wait=True)
        self._folder.shutdown(wait=True)
        with self._reading:
            self._reading.wait_for(lambda: not self._n_reading, LONGEST_READ_S)
        while self._kept:
            self._kept.pop().close()
        self.engine.dispose()
