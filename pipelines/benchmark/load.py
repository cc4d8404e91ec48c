"""A load generator: requests over kept connections, as many as the server answers, or at a rate that does not wait.

It speaks just enough HTTP/1.1 for a server that tells the length of its answers, so that one core can ask more than a
server on another can answer. At a given rate, latency counts from the moment a request was due, not from when it could
be sent: a server that stalls is charged for all that waited (coordinated omission: Tene, "How NOT to Measure Latency").
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np

from recsys.errors import RecsysError

END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True)
class Load:
    """What came of it."""

    requests_s: float
    p50_ms: float
    p99_ms: float
    n: int
    n_failed: int
    """Answers that were not 2xx."""


def get(path: str, host: str = "127.0.0.1") -> bytes:
    """A request for a path that is encoded already."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def post(path: str, body: bytes, host: str = "127.0.0.1") -> bytes:
    """A request with a JSON body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def at_full_speed(port: int, requests: Sequence[bytes], seconds: float, connections: int = 16) -> Load:
    """Each connection sends its next request as soon as the last one is answered.

    Args:
        port: on this machine.
        requests: sent in turn, over and over.
        seconds: how long.
        connections: at a time.
    """
    return asyncio.run(_full_speed(port, requests, seconds, connections))


def at_rate(port: int, requests: Sequence[bytes], seconds: float, rate: float, connections: int = 64) -> Load:
    """Requests fall due at random, so many a second on average, whether or not earlier ones are answered.

    Args:
        port: on this machine.
        requests: sent in turn, over and over.
        seconds: how long.
        rate: requests a second.
        connections: at most; where all are busy, what is due waits, and its waiting counts.
    """
    try:
        return asyncio.run(_rated(port, requests, seconds, rate, connections))
    except ExceptionGroup as several:
        raise several.exceptions[0] from None


class Connection(asyncio.Protocol):
    """One request under way at a time."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[int] | None = None
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Told by the loop."""
        if isinstance(transport, asyncio.WriteTransport):  # for TCP it always is
            self._transport = transport

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return self._transport is not None and not self._transport.is_closing()

    def abort(self) -> None:
        """Close it, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """The status, once it has come with the whole answer."""
        if self._transport is None or not self.is_open:
            raise RecsysError("the server closed a connection under load")
        self.answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self.answered

    def data_received(self, data: bytes) -> None:
        """Told by the loop."""
        self._buffer += data
        head = self._buffer.find(END_OF_HEAD)
        if head < 0 or len(self._buffer) < head + len(END_OF_HEAD) + _length(self._buffer[:head]):
            return
        status, self._buffer = int(self._buffer[9:12]), b""
        if self.answered is not None and not self.answered.done():
            self.answered.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        """Told by the loop."""
        if self.answered is not None and not self.answered.done():
            self.answered.set_exception(RecsysError(f"the server closed a connection under load: {exc}"))


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"content-length:")
    return int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


@asynccontextmanager
async def _connected(port: int, n: int) -> AsyncIterator[list[Connection]]:
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(n)]
    try:
        yield [connection for _, connection in made]
    finally:
        for transport, _ in made:
            transport.abort()
        await asyncio.sleep(0)  # what was aborted is closed by the loop


async def _full_speed(port: int, requests: Sequence[bytes], seconds: float, connections: int) -> Load:
    turn, taken = itertools.cycle(requests), []
    start = time.perf_counter()

    async def ask(connection: Connection) -> int:
        bad = 0
        while (sent := time.perf_counter()) < start + seconds:
            bad += not 200 <= await connection.ask(next(turn)) < 300
            taken.append(time.perf_counter() - sent)
        return bad

    async with _connected(port, connections) as opened:
        start = time.perf_counter()
        failed = sum(await asyncio.gather(*(ask(one) for one in opened)))
    return _load(taken, time.perf_counter() - start, failed)


async def _rated(port: int, requests: Sequence[bytes], seconds: float, rate: float, connections: int) -> Load:
    due = np.cumsum(np.random.default_rng(0).exponential(1 / rate, max(int(rate * seconds), 1))).tolist()
    turn, freed, taken, bad = itertools.cycle(requests), asyncio.Event(), [], 0
    idle: deque[Connection] = deque()

    async def ask(connection: Connection, request: bytes, when: float) -> None:
        nonlocal bad
        status = await connection.ask(request)
        bad += not 200 <= status < 300
        taken.append(time.perf_counter() - start - when)
        idle.append(connection)
        freed.set()

    async with _connected(port, connections) as opened, asyncio.TaskGroup() as running:
        idle.extend(opened)
        start = time.perf_counter()
        for when in due:
            await asyncio.sleep(max(when - (time.perf_counter() - start), 0))
            while not idle:
                freed.clear()
                await freed.wait()
            running.create_task(ask(idle.popleft(), next(turn), when))
    return _load(taken, time.perf_counter() - start, bad)


def _load(taken: list[float], seconds: float, failed: int) -> Load:
    if not taken:
        raise RecsysError("nothing was answered under load; is the server up?")
    p50, p99 = np.percentile(np.array(taken) * 1000, [50, 99])
    return Load(len(taken) / seconds, float(p50), float(p99), len(taken), failed)
