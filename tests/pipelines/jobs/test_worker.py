"""What a worker does with a job: finish, fail, try again, give up, put back."""

import threading
import time

import pytest
from sqlalchemy.exc import OperationalError

from pipelines.jobs.queue import Job
from pipelines.jobs.worker import Worker
from pipelines.outbound import UnreachableError
from recsys.errors import DataError
from recsys.tags.importers.taggings import Tagged

SAID = Tagged(video_id="v", source="s", taggings=(), occurrences=(), new_nodes=(), banned=(), unnamed=())


class FakeQueue:
    """Has one job, and notes what becomes of it."""

    def __init__(self, job, is_mine=True):
        self.job, self.is_mine, self.said, self.signs = job, is_mine, [], []

    def take(self, now):
        job, self.job = self.job, None
        return job

    def keep(self, job, now, progress):
        self.signs.append(progress)
        return self.is_mine

    def finish(self, job, said, result, now):
        self.said.append("finish")
        return self.is_mine

    def fail(self, job, why, now):
        self.said.append(("fail", why))

    def retry(self, job, why, now):
        self.said.append(("retry", why))

    def release(self, job):
        self.said.append("release")


class FakeTagger:
    """Says how one analyser goes, then raises or answers."""

    def __init__(self, error=None, wait=lambda: None):
        self.error, self.wait = error, wait

    def tag(self, job, watch):
        watch("nose", "running")
        self.wait()
        if self.error is not None:
            raise self.error
        watch("nose", "done")
        return SAID, {}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A worker with an uploaded job: `worker, queue = made(error)`."""
    (tmp_path / "up").write_bytes(b"x")

    def make(error=None, is_mine=True, has_ended=False, wait=lambda: None, lease_s=60.0, longest_s=60.0):
        job = Job(job_id="j", video_id="v", input="upload", place="up", payload=None, options={}, attempts=1)
        queue = FakeQueue(job, is_mine)
        worker = Worker(None, tmp_path, queue, FakeTagger(error, wait), None, lease_s, lambda: 0, longest_s)
        monkeypatch.setattr(worker, "_has_ended", lambda _: has_ended)
        return worker, queue

    return make


def test_a_done_job_is_finished_and_its_upload_thrown_away(made, tmp_path):
    worker, queue = made()
    assert worker.work()
    assert queue.said == ["finish"]
    assert queue.signs == [{"nose": "running"}, {"nose": "done"}]
    assert list(tmp_path.iterdir()) == []
    assert not worker.work()


@pytest.mark.parametrize(
    "error, what",
    [
        (DataError("no video"), "fail"), (UnreachableError("not now"), "retry"), (OSError("disk"), "retry"),
        (MemoryError(), "retry"), (OperationalError("select", {}, Exception("gone")), "retry"),
        (ZeroDivisionError("an engine's"), "retry"),
    ],
)  # fmt: skip
def test_what_another_try_can_help_is_tried_again_and_nothing_else(made, tmp_path, error, what):
    worker, queue = made(error)
    worker.work()
    [(done, why)] = queue.said
    assert (done, bool(why)) == (what, True)
    assert (list(tmp_path.iterdir()) == []) is (what == "fail")


def test_files_in_here_are_not_told_of(made, tmp_path):
    worker, queue = made(DataError(f"{tmp_path}/up is no video"))
    worker.work()
    assert queue.said == [("fail", "the video is no video")]


@pytest.mark.parametrize("has_ended", [True, False])
def test_a_lost_job_is_given_up_and_its_upload_kept_for_who_has_it(made, tmp_path, has_ended):
    worker, queue = made(is_mine=False, has_ended=has_ended)
    worker.work()
    assert queue.said == []
    assert (list(tmp_path.iterdir()) == []) is has_ended


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(0)])
def test_told_to_stop_it_puts_the_job_back(made, tmp_path, error):
    worker, queue = made(error)
    with pytest.raises(type(error)):
        worker.work()
    assert queue.said == ["release"]
    assert [one.name for one in tmp_path.iterdir()] == ["up"]


def test_it_says_that_it_is_alive_while_an_analyser_works_but_not_for_ever(made):
    over = threading.Event()
    worker, queue = made(wait=over.wait, lease_s=0.03, longest_s=0.2)
    thread = threading.Thread(target=worker.work)
    thread.start()
    time.sleep(0.4)
    before = len(queue.signs)
    time.sleep(0.1)
    assert len(queue.signs) == before > 2
    over.set()
    thread.join()
    assert queue.said == ["finish"]
