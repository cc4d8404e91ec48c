"""The line of jobs: one worker has a job at a time, a dead one's comes again, and nothing is written by who lost it."""

import json
import threading
from collections import Counter

import pytest
from sqlalchemy import select, update

from pipelines.jobs.outbox import Outbox
from pipelines.jobs.queue import WAITS_S, JobQueue
from pipelines.jobs.tables import CALLBACKS, JOBS, TARGETS
from pipelines.store import opened_store, prepare_store
from pipelines.tag_store import writing
from recsys.tags.importers.taggings import Tagged
from recsys.tags.node import Node

LEASE_MS = 1000


@pytest.fixture
def engine(tmp_path):
    url = f"sqlite:///{tmp_path}/store.db"
    prepare_store(url)
    with opened_store(url) as one:
        yield one


@pytest.fixture
def add(engine):
    """Puts a job in line: `add("j1", priority=5)`."""

    def job(job_id, **more):
        row = {
            "job_id": job_id, "job_key": f"key-{job_id}", "video_id": "v1", "input": "vendor", "place": "google",
            "payload": "{}", "options": "{}", "priority": 0, "state": "queued", "attempts": 0, "due_at": 0,
            "created_at": 0, **more,
        }  # fmt: skip
        with writing(engine) as store:
            store.connection.execute(JOBS.insert().values(row))

    return job


@pytest.fixture
def row(engine):
    def found(job_id):
        with engine.connect() as connection:
            return connection.execute(select(*JOBS.c).where(JOBS.c.job_id == job_id)).mappings().one()

    return found


def queue(engine, name, tries=3):
    return JobQueue(engine, name, LEASE_MS, tries)


SAID = Tagged(
    video_id="v1", source="model:fusion@1",
    taggings=({"tag_id": "cat", "source": "model:fusion@1", "confidence": 0.9},),
    occurrences=(), new_nodes=(Node(tag_id="cat"),), banned=(), unnamed=(),
)  # fmt: skip
RESULT = {"source": "model:fusion@1", "tags": [], "speech": [], "analysers": []}


def n_taggings(engine):
    with writing(engine) as store:
        return len(store.connection.execute(select(*store.taggings.c)).all())


def test_jobs_come_by_priority_then_age_and_not_before_they_are_due(engine, add):
    add("old", created_at=1)
    add("new", created_at=2)
    add("urgent", created_at=3, priority=1)
    add("later", due_at=100, priority=9)
    one = queue(engine, "a")
    assert [one.take(50).job_id for _ in range(3)] == ["urgent", "old", "new"]
    assert one.take(50) is None
    assert one.take(100).job_id == "later"


def test_many_workers_never_have_the_same_job(engine, add):
    for number in range(40):
        add(f"j{number}")
    taken = Counter()

    def work(name):
        mine = queue(engine, name)
        while (job := mine.take(10)) is not None:
            taken[job.job_id] += 1

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 40
    assert set(taken.values()) == {1}


def test_a_dead_workers_job_comes_again_and_a_living_ones_does_not(engine, add):
    add("j")
    dead, other = queue(engine, "dead"), queue(engine, "other")
    job = dead.take(0)
    assert other.take(LEASE_MS) is None
    assert dead.keep(job, LEASE_MS, {"shots": "running"})
    assert other.take(LEASE_MS + 1) is None
    again = other.take(2 * LEASE_MS + 1)
    assert (again.job_id, again.attempts) == ("j", 2)
    assert not dead.keep(job, 2 * LEASE_MS + 2, {})


def test_who_lost_a_job_stores_nothing(engine, add, row):
    add("j")
    slow, quick = queue(engine, "slow"), queue(engine, "quick")
    lost = slow.take(0)
    job = quick.take(LEASE_MS + 1)
    assert not slow.finish(lost, SAID, RESULT, 5000)
    slow.fail(lost, "slow failed", 5000)
    slow.retry(lost, "slow tries again", 5000)
    slow.release(lost)
    assert (row("j")["state"], row("j")["worker"]) == ("running", "quick")
    assert n_taggings(engine) == 0
    assert quick.finish(job, SAID, RESULT, 6000)
    assert not quick.finish(job, SAID, RESULT, 7000)
    assert (row("j")["state"], row("j")["finished_at"], row("j")["payload"]) == ("finished", 6000, None)
    assert n_taggings(engine) == 1


def test_a_cancelled_job_is_lost_to_its_worker(engine, add):
    add("j")
    one = queue(engine, "a")
    job = one.take(0)
    with writing(engine) as store:
        store.connection.execute(update(JOBS).values(state="cancelled"))
    assert not one.keep(job, 1, {})
    assert not one.finish(job, SAID, RESULT, 2)
    assert n_taggings(engine) == 0


def test_tries_wait_longer_and_longer_and_end(engine, add, row):
    add("j")
    one, now = queue(engine, "a"), 0
    for wait_s in WAITS_S[:2]:
        job = one.take(now)
        one.retry(job, "no luck", now)
        assert (row("j")["state"], row("j")["error"]) == ("queued", "no luck")
        assert one.take(now + wait_s * 1000 - 1) is None
        now += wait_s * 1000
    one.retry(one.take(now), "no luck at all", now)
    assert (row("j")["state"], row("j")["error"], row("j")["job_key"]) == ("failed", "no luck at all", None)


def test_a_job_that_workers_die_of_fails_in_the_end(engine, add, row):
    add("j")
    now = 0
    for name in ("a", "b", "c"):
        assert queue(engine, name).take(now) is not None
        now += LEASE_MS + 1
    assert queue(engine, "d").take(now) is None
    assert (row("j")["state"], row("j")["error"]) == ("failed", "its worker died 3 times")


def test_a_released_job_is_as_if_it_had_not_been_begun(engine, add):
    add("j")
    one = queue(engine, "a", tries=1)
    one.release(one.take(0))
    assert one.take(0).attempts == 1


def told(engine, url="http://receiver.example/"):
    with writing(engine) as store:
        target = {"form": "v1", "url": url, "secret": "s", "options": "{}", "changed_at": 0}
        store.connection.execute(TARGETS.insert().values(target))


def test_a_jobs_end_and_its_callback_are_there_together(engine, add):
    told(engine)
    add("good")
    add("bad")
    one = queue(engine, "a")
    for job in (one.take(0), one.take(0)):
        one.finish(job, SAID, RESULT, 9) if job.job_id == "good" else one.fail(job, "why", 9)
    with engine.connect() as connection:
        bodies = [json.loads(body) for body in connection.execute(select(CALLBACKS.c.body)).scalars()]
    assert sorted((one["event"], one["error"]) for one in bodies) == [
        ("tag-job.failed", "why"),
        ("tag-job.finished", None),
    ]


def test_a_senders_death_loses_no_callback_and_a_late_sender_changes_nothing(engine, add):
    told(engine)
    add("j")
    one = queue(engine, "a")
    one.finish(one.take(0), SAID, RESULT, 0)
    outbox = Outbox(engine)
    [dead] = outbox.take(0, 10)
    assert outbox.take(1000, 10) == []
    [again] = outbox.take(60_000, 10)
    assert (again.callback_id, again.attempts) == (dead.callback_id, 2)
    outbox.failed(dead, "late", 60_000)
    outbox.delivered(again, 60_001)
    assert outbox.take(10**9, 10) == []


def test_a_callback_goes_where_callbacks_go_now(engine, add):
    told(engine)
    add("j")
    one = queue(engine, "a")
    one.finish(one.take(0), SAID, RESULT, 0)
    with writing(engine) as store:
        store.connection.execute(update(TARGETS).values(url="http://new.example/", secret="new"))
    [letter] = Outbox(engine).take(0, 10)
    assert (letter.url, letter.secret) == ("http://new.example/", "new")


def test_only_callbacks_delivered_long_ago_are_forgotten(engine, add):
    told(engine)
    one, outbox = queue(engine, "a"), Outbox(engine)
    for name in ("old", "new", "waiting"):
        add(name)
        one.finish(one.take(0), SAID, RESULT, 0)
    [first, second, _] = outbox.take(0, 10)
    outbox.delivered(first, 100)
    outbox.delivered(second, 200)
    assert outbox.forget(200) == 1
    with engine.connect() as connection:
        left = connection.execute(select(CALLBACKS.c.callback_id)).scalars().all()
    assert first.callback_id not in left
    assert len(left) == 2
