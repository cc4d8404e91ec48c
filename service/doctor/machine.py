"""The machine: cores, memory for so many workers, and which extras are installed."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from service.doctor.findings import Finding, failed, ok, warning

EXTRAS = {
    "postgres": "psycopg", "otel": "opentelemetry.sdk", "tagging": "av", "asr": "faster_whisper", "spark": "pyspark",
}  # fmt: skip
"""A module of each extra that a deployment may want."""
MOST_USED = 0.8
"""Share of the memory that workers may take: the rest is for the kernel, its cache of the bundle and peaks."""


def look_at_cores(workers: int) -> Iterator[Finding]:
    """Whether each worker has a core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    what = f"{workers} workers on {cores} cores"
    if workers > cores:
        yield warning("cores", what, f"more workers than cores only wait for each other: --workers {cores}")
    else:
        yield ok("cores", what)


def look_at_memory(workers: int, shared: int) -> Iterator[Finding]:
    """Whether the workers fit: this process holds now what one of them does.

    Args:
        workers: how many.
        shared: bytes of the bundle, which they hold together.
    """
    own, available = _own_bytes(), _available_bytes()
    if own is None or available is None:
        return
    needed = workers * own + shared
    what = f"{workers} × {own / 2**20:,.0f} MiB and {shared / 2**20:,.0f} MiB shared, of {available / 2**20:,.0f} MiB"
    if needed > available:
        yield failed("memory", what, "fewer workers, or more memory")
    elif needed > MOST_USED * available:
        yield warning("memory", what, "little is left for peaks: fewer workers, or more memory")
    else:
        yield ok("memory", what)


def look_at_extras(needed: str | None) -> Iterator[Finding]:
    """Which extras are installed.

    Args:
        needed: one that this deployment cannot do without.
    """
    found = [extra for extra, module in EXTRAS.items() if _is_there(module)]
    if needed and needed not in found:
        yield failed("extras", f"{needed} is missing", f"pip install 'tagreel[{needed}]'")
    else:
        yield ok("extras", f"installed: {', '.join(found) or 'none'}")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it is missing
        return False


def _own_bytes() -> int | None:
    return _kib(Path("/proc/self/status"), "RssAnon:")


def _available_bytes() -> int | None:
    free = _kib(Path("/proc/meminfo"), "MemAvailable:")
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
    except (OSError, ValueError):  # no group, or one without a limit
        return free
    return limit if free is None else min(limit, free)


def _kib(path: Path, name: str) -> int | None:
    """Bytes of a line such as `RssAnon:  1234 kB`; None where the system has no such file or line."""
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return None
    return next((int(line[1]) * 1024 for line in lines if line[:1] == [name]), None)
