"""Servers that a benchmark asks: started on one core, known by what they cost, stopped at the end."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import IO
from urllib.request import urlopen

from recsys.errors import RecsysError

SERVER_CORE = 0
STARTED_WITHIN_S = 300
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Server:
    """One that listens."""

    pid: int
    port: int

    @property
    def private_mb(self) -> float:
        """Memory that the process shares with nobody: files that are mapped, bundles among them, are left out, MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("RssAnon:")[1].split()[0]) / 1024

    @property
    def cpu_s(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def service(store_url: str, bundles: Path, workers: int = 1, **settings: object) -> Iterator[Server]:
    """`tagreel serve`, ready; settings by their names. One worker is kept to one core; several go where they like."""
    tagreel = Path(sys.executable).parent / "tagreel"
    command = [str(tagreel), "serve", "--store", store_url, "--bundles", str(bundles), "--workers", str(workers)]
    told = {f"TAGREEL_{name.upper()}": str(value) for name, value in settings.items()}
    with _started(command, "/readyz", told, is_pinned=workers == 1) as server:
        yield server


@contextmanager
def ceiling() -> Iterator[Server]:
    """The app that always answers the same, by the same server."""
    command = [sys.executable, "-m", "uvicorn", "--factory", "service.ceiling:create_ceiling", "--no-access-log"]
    with _started(command, "/ceiling") as server:
        yield server


@contextmanager
def _started(
    command: Sequence[str], path: str, more: Mapping[str, str] = NOTHING, is_pinned: bool = True
) -> Iterator[Server]:
    port = _free_port()
    pinned = shutil.which("taskset") if is_pinned else None
    first = [pinned, "-c", str(SERVER_CORE)] if pinned and (os.cpu_count() or 1) > 1 else []
    with (
        TemporaryFile("w+") as said,
        subprocess.Popen(  # noqa: S603 - our own commands
            [*first, *command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=said, env={**os.environ, **more}
        ) as process,
    ):
        try:
            _wait_for(process, f"http://127.0.0.1:{port}{path}", said)
            yield Server(process.pid, port)
        finally:
            process.terminate()


def _wait_for(process: subprocess.Popen[bytes], address: str, said: IO[str]) -> None:
    until = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            said.seek(0)
            last = (said.read().strip().splitlines() or ["nothing"])[-1]
            raise RecsysError(f"the server ended with {process.returncode}, saying: {last}")
        try:
            with urlopen(address, timeout=5):  # noqa: S310 - on this machine
                return
        except OSError:
            time.sleep(0.1)
    raise RecsysError(f"nothing answers at {address} after {STARTED_WITHIN_S} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
