"""A worker of one store: takes jobs, says that it is alive while it does them, ends them, and tells of their end."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from pipelines.jobs.delivery import Delivery
from pipelines.jobs.material import discard, fetched_name, sweep
from pipelines.jobs.queue import Job, JobQueue
from pipelines.jobs.tables import JOBS
from pipelines.jobs.tagger import JobTagger
from pipelines.outbound import UnreachableError
from recsys.errors import RecsysError
from recsys.tags.jobs import ENDED

MOST_SAID = 2_000
LONGEST_S = 6 * 3600.0
"""An analyser that hangs cannot be stopped, but its job can be had by another worker."""
_log = logging.getLogger(__name__)


class LostError(Exception):
    """The job is not this worker's any more: it was cancelled, or somebody took the worker for dead."""


class Worker:
    """Does the jobs of one store, one after the other."""

    def __init__(
        self, engine: Engine, spool: Path, queue: JobQueue, tagger: JobTagger, delivery: Delivery, lease_s: float,
        now: Callable[[], int], longest_s: float = LONGEST_S,
    ) -> None:  # fmt: skip
        """See the class.

        Args:
            engine: of the store.
            spool: the folder of uploaded files.
            queue: where jobs come from.
            tagger: finds the tags.
            delivery: sends callbacks.
            lease_s: after so long without a sign of life the worker is taken for dead.
            now: the clock, ms.
            longest_s: for how long it says of a job that it is alive; then another worker may have it.
        """
        self._engine, self._spool, self._queue, self._tagger = engine, spool, queue, tagger
        self._delivery, self._lease_s, self._now, self._longest_s = delivery, lease_s, now, longest_s

    def work(self) -> bool:
        """Do the next job. False where none is due."""
        job = self._queue.take(self._now())
        if job is None:
            return False
        _log.info("job %s of video %s begins, try %s", job.job_id, job.video_id, job.attempts)
        try:
            ended = self._done(job)
        except BaseException:  # told to stop: the job is as it was, for another worker
            self._queue.release(job)
            raise
        if ended:
            discard(job, self._spool)
        return True

    def _done(self, job: Job) -> bool:
        """Whether the job has ended, however."""
        progress: dict[str, str] = {}

        def watch(analyser: str, state: str) -> None:
            progress[analyser] = state
            self._sign(job, progress)

        try:
            with self._alive(job, progress):
                said, result = self._tagger.tag(job, watch)
            if not self._queue.finish(job, said, result, self._now()):
                raise LostError
        except LostError:
            _log.warning("job %s is not this worker's any more", job.job_id)
            return self._has_ended(job)
        except (UnreachableError, OSError, SQLAlchemyError, MemoryError) as error:
            self._queue.retry(job, self._said(job, error), self._now())
            return self._has_ended(job)
        except RecsysError as error:
            self._queue.fail(job, self._said(job, error), self._now())
            return True
        except Exception as error:  # engines raise what they like; another worker may fare better
            _log.exception("job %s failed", job.job_id)
            self._queue.retry(job, self._said(job, error), self._now())
            return self._has_ended(job)
        _log.info("job %s has found %s tags", job.job_id, len(said.taggings))
        return True

    @contextmanager
    def _alive(self, job: Job, progress: Mapping[str, str]) -> Iterator[None]:
        """Say in a thread that the worker is alive, until it is done or the job is lost."""
        over, begun = threading.Event(), time.monotonic()

        def beat() -> None:
            with suppress(LostError):
                while not over.wait(self._lease_s / 3) and time.monotonic() - begun < self._longest_s:
                    self._sign(job, progress)

        thread = threading.Thread(target=beat, name=f"alive-{job.job_id}")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _sign(self, job: Job, progress: Mapping[str, str]) -> None:
        """Give a sign of life. LostError where the job is not this worker's any more."""
        try:
            mine = self._queue.keep(job, self._now(), dict(progress))
        except SQLAlchemyError as error:  # the lease is long enough for another try
            _log.warning("job %s: no sign of life could be written: %s", job.job_id, error)
            return
        if not mine:
            raise LostError

    def deliver(self) -> bool:
        """Send the callbacks that are due. False where none is."""
        return self._delivery.deliver() > 0

    def tidy(self) -> None:
        """Throw away what dead processes left in the spool folder, and callbacks delivered long ago."""
        sweep(self._spool, self._needed())
        self._delivery.tidy()

    def _has_ended(self, job: Job) -> bool:
        with self._engine.connect() as connection:
            state = connection.scalar(select(JOBS.c.state).where(JOBS.c.job_id == job.job_id))
        return state in ENDED

    def _needed(self) -> set[str]:
        """Names of files that jobs still need."""
        open_jobs = select(JOBS.c.job_id, JOBS.c.place, JOBS.c.attempts).where(JOBS.c.state.not_in(ENDED))
        with self._engine.connect() as connection:
            rows = connection.execute(open_jobs).all()
        return {name for job_id, place, attempts in rows for name in (place, fetched_name(job_id, attempts))}

    def _said(self, job: Job, error: BaseException) -> str:
        """What people are told, who know of no files in here."""
        said = str(error) or type(error).__name__
        for name in (job.place, fetched_name(job.job_id, job.attempts)):
            said = said.replace(str(self._spool / name), "the video")
        return said[:MOST_SAID]
