"""The line of jobs as a worker sees it: one worker has a job, for as long as it says that it is alive."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, and_, or_, select, update

from pipelines.jobs.outbox import announce
from pipelines.jobs.tables import JOBS
from pipelines.tag_store import writing
from recsys.tags.importers.taggings import Tagged

WAITS_S = (5, 30, 120, 600)
"""Before the second try of a job, the third and so on; the last one again and again."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job that a worker has taken."""

    job_id: str
    video_id: str
    input: str
    place: str
    payload: str | None
    options: Mapping[str, Any]
    attempts: int
    """How often it was begun, this time included."""


class JobQueue:
    """Takes jobs for one worker, and ends them."""

    def __init__(self, engine: Engine, worker: str, lease_ms: int, tries: int) -> None:
        """See the class.

        Args:
            engine: of the store.
            worker: a name that no other worker has.
            lease_ms: how long a job is this worker's after each sign of life.
            tries: how often a job is begun at most.
        """
        self._engine, self._worker, self._lease_ms, self._tries = engine, worker, lease_ms, tries

    def take(self, now: int) -> Job | None:
        """The next job: by priority, then the oldest; one whose worker died comes again. None where none is due.

        A job that was begun too often, since workers die of it, fails here.
        """
        with self._engine.connect() as looking:
            if looking.execute(select(JOBS.c.job_id).where(_due(now)).limit(1)).first() is None:
                return None
        with writing(self._engine) as store:
            first = select(*JOBS.c).where(_due(now)).order_by(JOBS.c.priority.desc(), JOBS.c.created_at, JOBS.c.job_id)
            row = store.connection.execute(first.limit(1).with_for_update(skip_locked=True)).mappings().first()
            if row is None:
                return None
            attempts = row["attempts"] + 1
            job = Job(
                **{name: row[name] for name in ("job_id", "video_id", "input", "place", "payload")},
                options=json.loads(row["options"]), attempts=attempts,
            )  # fmt: skip
            if attempts > self._tries:
                self._fail(store.connection, job, f"its worker died {self._tries} times", now)
                return None
            begun = {
                "state": "running", "attempts": attempts, "worker": self._worker, "lease_until": now + self._lease_ms,
                "started_at": now, "progress": json.dumps({}),
            }  # fmt: skip
            store.connection.execute(update(JOBS).where(JOBS.c.job_id == job.job_id).values(begun))
            return job

    def keep(self, job: Job, now: int, progress: Mapping[str, str]) -> bool:
        """Say that the worker is alive, and how far it is. False where the job is not its own any more."""
        signs = {"lease_until": now + self._lease_ms, "progress": json.dumps(dict(progress))}
        with writing(self._engine) as store:
            return store.connection.execute(update(JOBS).where(self._mine(job)).values(signs)).rowcount > 0

    def finish(self, job: Job, said: Tagged, result: Mapping[str, Any], now: int) -> bool:
        """End a job: its tags, its result and its callbacks are there together or not at all.

        Returns:
            False where the job is not this worker's any more; then nothing was written.
        """
        with writing(self._engine) as store:
            if not self._end(store.connection, job, now, "finished", result=json.dumps(dict(result))):
                return False
            store.tag(said, now)
            announce(store.connection, job.job_id, now)
        return True

    def fail(self, job: Job, why: str, now: int) -> None:
        """End a job that no other try can help."""
        with writing(self._engine) as store:
            self._fail(store.connection, job, why, now)

    def retry(self, job: Job, why: str, now: int) -> None:
        """Put a job back for another try after a wait, or fail it where it had its tries."""
        if job.attempts >= self._tries:
            self.fail(job, why, now)
            return
        wait_s = WAITS_S[min(job.attempts, len(WAITS_S)) - 1]
        self._put_back(job, {"due_at": now + wait_s * 1000, "error": why})

    def release(self, job: Job) -> None:
        """Put a job back as if it had not been begun: its worker was told to stop."""
        self._put_back(job, {"attempts": job.attempts - 1})

    def _put_back(self, job: Job, values: Mapping[str, Any]) -> None:
        back = {"state": "queued", "worker": None, "lease_until": None, **values}
        with writing(self._engine) as store:
            store.connection.execute(update(JOBS).where(self._mine(job)).values(back))

    def _fail(self, connection: Connection, job: Job, why: str, now: int) -> None:
        mine = JOBS.c.job_id == job.job_id if job.attempts > self._tries else self._mine(job)
        ended = _ended("failed", now) | {"error": why, "job_key": None}
        if connection.execute(update(JOBS).where(mine).values(ended)).rowcount:
            announce(connection, job.job_id, now)

    def _end(self, connection: Connection, job: Job, now: int, state: str, **values: Any) -> bool:
        ended = _ended(state, now) | {"error": None, **values}
        return connection.execute(update(JOBS).where(self._mine(job)).values(ended)).rowcount > 0

    def _mine(self, job: Job) -> Any:
        is_mine = (JOBS.c.worker == self._worker) & (JOBS.c.attempts == job.attempts)
        return (JOBS.c.job_id == job.job_id) & (JOBS.c.state == "running") & is_mine


def _due(now: int) -> Any:
    waits = and_(JOBS.c.state == "queued", JOBS.c.due_at <= now)
    return or_(waits, and_(JOBS.c.state == "running", JOBS.c.lease_until < now))


def _ended(state: str, now: int) -> dict[str, Any]:
    return {"state": state, "finished_at": now, "payload": None, "worker": None, "lease_until": None}
