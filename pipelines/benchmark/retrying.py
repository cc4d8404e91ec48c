"""A client as an app's should be: what fails is asked once more, at once and on a new connection."""

import asyncio
import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.benchmark.load import Connection
from recsys.errors import RecsysError

WITHIN_S = 10.0
"""What is not answered by then has failed."""


@dataclass(frozen=True)
class Retried:
    """What came of many requests."""

    n: int
    n_retried: int
    """How many were asked twice."""
    n_failed: int
    """How many were answered 2xx neither time."""
    p99_ms: float
    """Until the answer that counts."""
    answered: frozenset[int]
    """Which of the requests were answered 2xx, by their place."""


async def with_one_retry(
    port: int, requests: Sequence[bytes], stop: threading.Event, rate: float, connections: int = 16
) -> Retried:
    """Send requests at a rate.

    Args:
        port: on this machine.
        requests: sent in turn, over and over; sending one twice does no harm.
        stop: set when it is enough.
        rate: requests a second, of all connections together, as long as each is answered in time.
        connections: at a time.
    """
    turn, done = itertools.cycle(enumerate(requests)), _Done()

    async def client(random: np.random.Generator) -> None:
        connection: Connection | None = None
        while not stop.is_set():
            (place, request), sent = next(turn), time.perf_counter()
            connection, tries = await _answered(port, connection, request)
            done.note(place, tries, time.perf_counter() - sent)
            await asyncio.sleep(random.exponential(connections / rate))
        if connection is not None:
            connection.abort()

    await asyncio.gather(*(client(np.random.default_rng(seed)) for seed in range(connections)))
    await asyncio.sleep(0)  # what was aborted is closed by the loop
    return done.found()


class _Done:
    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.answered: set[int] = set()
        self.n_retried = self.n_failed = 0

    def note(self, place: int, tries: int | None, seconds: float) -> None:
        self.seconds.append(seconds)
        self.n_retried += tries != 1
        if tries is None:
            self.n_failed += 1
        else:
            self.answered.add(place)

    def found(self) -> Retried:
        p99 = float(np.percentile(np.array(self.seconds) * 1000, 99))
        return Retried(len(self.seconds), self.n_retried, self.n_failed, p99, frozenset(self.answered))


async def _answered(port: int, connection: Connection | None, request: bytes) -> tuple[Connection | None, int | None]:
    """The connection to go on with, and the try that was answered 2xx; None where neither was."""
    for tried in (1, 2):
        try:
            if connection is None:
                _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
            async with asyncio.timeout(WITHIN_S):
                if 200 <= await connection.ask(request) < 300:
                    return connection, tried
        except (RecsysError, OSError):  # a timeout is one, too
            pass
        if connection is not None:
            connection.abort()
        connection = None
    return None, None
