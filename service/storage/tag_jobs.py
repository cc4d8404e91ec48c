"""Jobs that find tags: put in line, looked at, taken back. Workers take them from the same table."""

import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, select, update

from recsys.tags.jobs import ENDED, job_key
from service.storage.prepared import Prepared
from service.storage.rows import insert_for
from service.storage.tables import TAG_JOBS

MOST_COUNTED = 10_000
"""Jobs in line that are counted; where there are more, more are not worth a longer look."""


class Line(NamedTuple):
    """Jobs that could be begun and are not."""

    n: int
    """At most `MOST_COUNTED`."""
    waiting_s: float
    """How long the one that has waited longest could have been; 0 where none waits."""


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job before it is in line."""

    video_id: str
    input: str
    place: str
    content: str
    """A hash of what is looked at."""
    payload: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 0


def add_job(connection: Connection, job: NewJob, now: int, again: bool = False) -> tuple[str, bool]:
    """Put a job in line, unless the same one is already, or was done.

    Args:
        connection: in a write transaction.
        job: what to do.
        now: ms.
        again: do it whether it was done or not; one that waits or is under way is never doubled.

    Returns:
        The job's id, and whether it is a new one.
    """
    key = job_key(job.content, job.video_id, job.options)
    if again:
        ended = (TAG_JOBS.c.job_key == key) & TAG_JOBS.c.state.in_(ENDED)
        connection.execute(update(TAG_JOBS).where(ended).values(job_key=None))
    made = uuid.uuid4().hex
    row = {
        "job_id": made, "job_key": key, "video_id": job.video_id, "input": job.input, "place": job.place,
        "payload": job.payload, "options": json.dumps(dict(job.options)), "priority": job.priority, "state": "queued",
        "due_at": now, "created_at": now,
    }  # fmt: skip
    connection.execute(insert_for(connection, TAG_JOBS).values(row).on_conflict_do_nothing(index_elements=["job_key"]))
    found = connection.scalars(select(TAG_JOBS.c.job_id).where(TAG_JOBS.c.job_key == key)).one()
    return found, found == made


def get_job(connection: Connection, job_id: str) -> dict[str, Any] | None:
    """One job; None where there is none."""
    return _row(connection, select(TAG_JOBS).where(TAG_JOBS.c.job_id == job_id))


def jobs_of(connection: Connection, job_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Those of some jobs that there are, by id."""
    found = connection.execute(select(TAG_JOBS).where(TAG_JOBS.c.job_id.in_(list(job_ids)))).mappings()
    return {row["job_id"]: {**row} for row in found}


def latest_finished(connection: Connection, video_id: str) -> dict[str, Any] | None:
    """The job that finished last of those of a video; None where none did."""
    of_video = select(TAG_JOBS).where(TAG_JOBS.c.video_id == video_id, TAG_JOBS.c.state == "finished")
    latest = of_video.order_by(TAG_JOBS.c.finished_at.desc(), TAG_JOBS.c.job_id.desc()).limit(1)
    return _row(connection, latest)


def cancel_job(connection: Connection, job_id: str, now: int) -> dict[str, Any] | None:
    """End a job that has not ended yet; its worker gives it up when it next says that it is alive.

    Returns:
        The job as it was before; None where there is none.
    """
    before = _row(connection, select(TAG_JOBS).where(TAG_JOBS.c.job_id == job_id).with_for_update())
    if before is not None and before["state"] not in ENDED:
        ended = {"state": "cancelled", "finished_at": now, "job_key": None, "payload": None, "lease_until": None}
        connection.execute(update(TAG_JOBS).where(TAG_JOBS.c.job_id == job_id).values(ended))
    return before


def line_of(connection: Connection, now: int) -> Line:
    """How long the line of jobs is at a time, ms."""
    [(n, first)] = _LINE.rows(connection, now=now, most=MOST_COUNTED)
    return Line(n, 0.0 if first is None else (now - first) / 1000)


_WAITING = (
    select(TAG_JOBS.c.due_at)
    .where(TAG_JOBS.c.state == bindparam("state", "queued"), TAG_JOBS.c.due_at <= bindparam("now"))
    .order_by(TAG_JOBS.c.due_at)
    .limit(bindparam("most"))
    .subquery()
)
_LINE = Prepared(select(func.count(), func.min(_WAITING.c.due_at)))


def unknown_jobs(job_ids: Sequence[str], found: Collection[str]) -> list[str]:
    """Those that are not among the found, in order, each once."""
    return [one for one in dict.fromkeys(job_ids) if one not in found]


def _row(connection: Connection, asked: Select[Any]) -> dict[str, Any] | None:
    row = connection.execute(asked).mappings().one_or_none()
    return None if row is None else {**row}
