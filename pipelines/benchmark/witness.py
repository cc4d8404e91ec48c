"""Asks every worker of a server: one kept connection to each, so that an answer is known to be that worker's."""

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.benchmark.servers import Server
from recsys.errors import RecsysError

POLLED_S = 0.01
ASKED_S = 1.0
INODE = 9
"""The column of /proc/net/tcp."""


@dataclass(frozen=True)
class Witness:
    """Connections by the worker that answers there."""

    server: Server
    connections: Mapping[int, http.client.HTTPConnection]

    def tell(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to whichever worker comes first. RecsysError where it is not answered 2xx."""
        return _asked(next(iter(self.connections.values())), method, path, body)

    def stay(self, seconds: float) -> None:
        """Let time pass, and ask now and then: a server closes connections on which nothing is asked."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for connection in self.connections.values():
                _asked(connection, "GET", "/healthz", None)
            time.sleep(min(left, ASKED_S))

    def waited(self, shows: Callable[[Any], bool], path: str, body: Any, since: float, within_s: float) -> float:
        """Seconds since a moment until every worker's answer shows something.

        Args:
            shows: whether an answer does.
            path: of a POST.
            body: of the same.
            since: by `time.perf_counter`.
            within_s: as long as it may take.

        Raises:
            RecsysError: it took longer.
        """
        for connection in self.connections.values():
            while not shows(_asked(connection, "POST", path, body)):
                if time.perf_counter() > since + within_s:
                    raise RecsysError(f"{path} does not show within {within_s} s what was written")
                time.sleep(POLLED_S)
        return time.perf_counter() - since


@contextmanager
def witnessing(
    server: Server, workers: int, but: frozenset[int] = frozenset(), within_s: float = 180
) -> Iterator[Witness]:
    """A witness of so many workers.

    Args:
        server: started with several.
        workers: how many.
        but: those that do not count, by process id.
        within_s: how long they are looked for.

    Raises:
        RecsysError: there are fewer.
    """
    until = time.monotonic() + within_s
    found: dict[int, http.client.HTTPConnection] = {}
    try:
        while len(found) < workers:
            if time.monotonic() > until:
                raise RecsysError(f"{len(found)} of {workers} workers answer after {within_s} s")
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            pid = _worker_of(connection, server)
            if pid is None or pid in found or pid in but:
                connection.close()
                time.sleep(POLLED_S)
            else:
                found[pid] = connection
        yield Witness(server, found)
    finally:
        for connection in found.values():
            connection.close()


def _asked(connection: http.client.HTTPConnection, method: str, path: str, body: Any) -> Any:
    given = None if body is None else json.dumps(body)
    connection.request(method, path, given, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if not 200 <= answer.status < 300:
        raise RecsysError(f"{method} {path} was answered {answer.status}: {text[:300]!r}")
    return json.loads(text)


def _worker_of(connection: http.client.HTTPConnection, server: Server) -> int | None:
    """The process that answers at a connection: the one that holds its other end. None where nothing answers."""
    try:
        _asked(connection, "GET", "/healthz", None)
    except (OSError, http.client.HTTPException):
        return None
    inode = _inode(server.port, connection.sock.getsockname()[1])
    return next((pid for pid in children(server.pid) if inode in _sockets(pid)), None)


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it ended meanwhile
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(path.parent.name))
    return found


def _inode(port: int, peer: int) -> str:
    """The number of the socket at a port of this machine whose other end is at `peer`."""
    ends = [f"0100007F:{one:04X}" for one in (port, peer)]
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return next((row[INODE] for row in rows if row[1:3] == ends), "")


def _sockets(pid: int) -> set[str]:
    found = set()
    try:
        for path in Path(f"/proc/{pid}/fd").iterdir():
            target = path.readlink().name
            found.add(target.removeprefix("socket:[").removesuffix("]"))
    except OSError:  # it ended, or closed one, meanwhile
        pass
    return found
