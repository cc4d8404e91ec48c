"""What a job looks at: an uploaded file, one on this machine, or one that is fetched; and what is thrown away."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.jobs.queue import Job
from pipelines.outbound import download
from recsys.errors import require

OLD_S = 3600.0
"""Nothing younger is swept: it may be an upload under way."""


@dataclass(frozen=True, kw_only=True)
class FetchLimits:
    """What may be fetched."""

    max_bytes: int = 8 << 30
    within_s: float = 3600.0
    allow_private: bool = False
    """Whether from hosts of private networks, too."""


@contextmanager
def video_file(job: Job, spool: Path, limits: FetchLimits) -> Iterator[Path]:
    """A job's video as a file; what was fetched is gone afterwards.

    Raises:
        DataError: there is no such file, or the address may not be asked.
        UnreachableError: another try may succeed.
    """
    if job.input != "url":
        yield _uploaded(job, spool) if job.input == "upload" else _on_disk(job)
        return
    spool.mkdir(parents=True, exist_ok=True)
    fetched = spool / fetched_name(job.job_id, job.attempts)
    try:
        download(job.place, fetched, limits.max_bytes, limits.within_s, limits.allow_private)
        yield fetched
    finally:
        fetched.unlink(missing_ok=True)


def fetched_name(job_id: str, attempts: int) -> str:
    """What a fetched file is called; who lost a job may be writing its own still."""
    return f"{job_id}-{attempts}.fetched"


def discard(job: Job, spool: Path) -> None:
    """Throw away what was uploaded for a job that has ended."""
    if job.input == "upload":
        (spool / job.place).unlink(missing_ok=True)


def sweep(spool: Path, kept: Collection[str], now_s: float | None = None) -> int:
    """Throw away what dead processes left in the spool folder.

    Args:
        spool: the folder.
        kept: names of files that jobs still need.
        now_s: Unix time.

    Returns:
        How many files.
    """
    old = (time.time() if now_s is None else now_s) - OLD_S
    found = [one for one in spool.iterdir() if one.name not in kept and one.is_file()] if spool.is_dir() else []
    left = [one for one in found if one.stat().st_mtime < old]
    for one in left:
        one.unlink(missing_ok=True)
    return len(left)


def _uploaded(job: Job, spool: Path) -> Path:
    found = spool / job.place
    require(found.parent == spool and found.is_file(), "the uploaded file is not in the spool folder any more")
    return found


def _on_disk(job: Job) -> Path:
    """The file; the service has resolved its path, so that one which resolves elsewhere now was exchanged."""
    found = Path(job.place)
    require(found.is_file(), f"{job.place} is no file on the worker's machine")
    require(str(found.resolve()) == job.place, f"{job.place} leads elsewhere than when the job was made")
    return found
