"""Requests to addresses that others named: to the very IP address that was checked, on time, within a size."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urljoin

from recsys.addresses import Address, address, reachable
from recsys.errors import DataError, RecsysError, require

MOST_REDIRECTS = 5
CHUNK = 1 << 20
CONNECT_S = 10.0
_MOVED = (301, 302, 303, 307, 308)
_AGAIN = (408, 425, 429, 500, 502, 503, 504)


class UnreachableError(RecsysError):
    """Another try may succeed."""


def send(url: str, body: bytes, headers: Mapping[str, str], within_s: float, allow_private: bool = False) -> int:
    """POST a body and return the status; redirects are not followed.

    Raises:
        DataError: the address may not be asked.
        UnreachableError: no answer in time.
    """
    with _asked("POST", url, body, headers, within_s, allow_private) as answer:
        return answer.status


def download(url: str, path: Path, most_bytes: int, within_s: float, allow_private: bool = False) -> None:
    """Fetch a file; each redirect is checked like the first address. What was begun is gone where that fails.

    Args:
        url: where it is.
        path: where to put it.
        most_bytes: how large it may be.
        within_s: how long all of it may take.
        allow_private: whether hosts of private networks may be asked.

    Raises:
        DataError: the address may not be asked, has nothing, or too much.
        UnreachableError: another try may succeed.
    """
    try:
        for _ in range(MOST_REDIRECTS + 1):
            with _asked("GET", url, None, {"Accept-Encoding": "identity"}, within_s, allow_private) as answer:
                if answer.status not in _MOVED:
                    _save(answer, url, path, most_bytes)
                    return
                url = urljoin(url, answer.getheader("Location") or "")
        raise DataError(f"{url} redirects more than {MOST_REDIRECTS} times")
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _save(answer: http.client.HTTPResponse, url: str, path: Path, most_bytes: int) -> None:
    if answer.status in _AGAIN:
        raise UnreachableError(f"{url} answered {answer.status}")
    require(answer.status == 200, f"{url} answered {answer.status}; the file must be there without more ado")
    told = answer.getheader("Content-Length") or ""
    too_large = f"{url} has over {most_bytes:,} bytes, which is the limit"
    require(not told.isdecimal() or int(told) <= most_bytes, too_large)
    n_bytes = 0
    with path.open("wb") as file:
        while part := answer.read(CHUNK):
            n_bytes += len(part)
            require(n_bytes <= most_bytes, too_large)
            file.write(part)
    if told.isdecimal() and n_bytes < int(told):
        raise UnreachableError(f"{url} broke off after {n_bytes} of {told} bytes")


@contextmanager
def _asked(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str], within_s: float, allow_private: bool
) -> Iterator[http.client.HTTPResponse]:
    where = address(url, allow_private)
    try:
        connection = _connection(where, reachable(where, allow_private), within_s)
        try:
            connection.connect()
            with _deadline(connection.sock, within_s):
                connection.request(method, where.target, body, {"User-Agent": "tagreel", **headers})
                yield connection.getresponse()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UnreachableError(f"{url} cannot be reached: {error or type(error).__name__}") from error


@contextmanager
def _deadline(sock: socket.socket, within_s: float) -> Iterator[None]:
    """Cut a connection off in time, however slowly it drips."""

    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(within_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if late.is_set():  # what was read so far looks like a short answer
        raise TimeoutError(f"it takes longer than {within_s:g} s")


def _connection(where: Address, ip: str, within_s: float) -> http.client.HTTPConnection:
    kind = _PinnedTls if where.scheme == "https" else _Pinned
    return kind(where, ip, min(CONNECT_S, within_s))


class _Pinned(http.client.HTTPConnection):
    """Connects to an IP address, and asks for the host."""

    def __init__(self, where: Address, ip: str, timeout_s: float) -> None:
        super().__init__(where.host, where.port, timeout=timeout_s)
        self._ip = ip

    def connect(self) -> None:
        self.sock = socket.create_connection((self._ip, self.port), self.timeout)


class _PinnedTls(_Pinned):
    """The same with TLS: the certificate must be the host's."""

    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
