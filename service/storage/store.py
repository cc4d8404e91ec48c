"""The store: short reads where they are needed, and writes one after the other in a thread of their own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine

from service.storage.engine import WRITES, open_engine
from service.threads import stand_back

Result = TypeVar("Result")
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
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer", initializer=stand_back)
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

    async def scrub(self) -> None:
        """Leave nothing of deleted rows in SQLite's log: fold it into the file, which is zeroed where rows were."""
        if self.engine.dialect.name == "sqlite":
            await asyncio.get_running_loop().run_in_executor(self._writer, self._checkpoint)

    def _checkpoint(self) -> None:
        with self.engine.connect() as connection:
            connection.rollback()
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Finish the writes and reads under way, in other threads too, and close all connections."""
        self._writer.shutdown(wait=True)
        with self._reading:
            self._reading.wait_for(lambda: not self._n_reading, LONGEST_READ_S)
        while self._kept:
            self._kept.pop().close()
        self.engine.dispose()
