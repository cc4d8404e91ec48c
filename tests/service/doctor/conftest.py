"""A PostgreSQL server of the tests' own, where this machine has the programs."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian keeps each version's programs, beside the path."""


def program(name: str) -> str | None:
    newest = sorted(DEBIAN.glob(f"*/bin/{name}"))[-1:]
    return str(newest[0]) if newest else shutil.which(name)


@pytest.fixture(scope="session", name="program")
def _program() -> Callable[[str], str | None]:
    return program


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an empty database."""
    initdb, server = program("initdb"), program("postgres")
    if initdb is None or server is None:
        pytest.skip("needs PostgreSQL's server on this machine")
    pytest.importorskip("psycopg", reason="needs the extra postgres")
    folder = Path(tempfile.mkdtemp(prefix="tagreel-postgres-"))
    who = {"user": "nobody"} if os.geteuid() == 0 else {}  # the server refuses to run as root
    if who:
        shutil.chown(folder, "nobody")
    data = folder / "data"
    subprocess.run([initdb, "-D", data, "-U", "owner", "--no-sync"], check=True, capture_output=True, cwd=folder, **who)
    settings = ("-c", "listen_addresses=", "-k", str(folder), "-F")
    running = subprocess.Popen([server, "-D", data, *settings], cwd=folder, stderr=subprocess.DEVNULL, **who)
    try:
        end = time.monotonic() + 60
        while not (folder / ".s.PGSQL.5432").exists():
            assert running.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        yield f"postgresql+psycopg://owner@/postgres?host={folder}"
    finally:
        running.terminate()
        running.wait()
        shutil.rmtree(folder)
