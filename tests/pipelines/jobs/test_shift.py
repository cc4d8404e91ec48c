"""All tenants in turn: one whose store fails stops nobody, and a new one is noticed."""

import pytest
from sqlalchemy.exc import OperationalError

from pipelines.jobs import shift
from pipelines.jobs.shift import Shift
from recsys.errors import DataError


class FakeWorker:
    """Has so many jobs and callbacks."""

    def __init__(self, name, said, n_jobs=0, n_letters=0, fails=False):
        self.name, self.said, self.n_jobs, self.n_letters, self.fails = name, said, n_jobs, n_letters, fails

    def work(self):
        if self.fails:
            self.said.append(f"{self.name} fails")
            raise OperationalError("select", {}, Exception("gone"))
        if not self.n_jobs:
            return False
        self.n_jobs -= 1
        self.said.append(f"{self.name} works")
        return True

    def deliver(self):
        if not self.n_letters:
            return False
        self.n_letters -= 1
        self.said.append(f"{self.name} delivers")
        return True

    def tidy(self):
        self.said.append(f"{self.name} tidies")


@pytest.fixture(autouse=True)
def fakes(monkeypatch):
    for step in ("work", "deliver", "tidy"):
        monkeypatch.setattr(shift.Worker, step, lambda one, step=step: getattr(one, step)())


def test_tenants_take_turns_until_nothing_is_due():
    said = []
    workers = {"a": FakeWorker("a", said, 2, 1), "b": FakeWorker("b", said, 1)}
    Shift(lambda: [(name, None) for name in workers], lambda place: workers[place[0]]).run(once=True)
    assert said == ["a works", "b works", "a works", "a delivers"]


def test_a_tenant_whose_store_fails_is_left_alone_and_the_others_go_on(caplog):
    said = []
    workers = {"bad": FakeWorker("bad", said, fails=True), "good": FakeWorker("good", said, 3)}
    Shift(lambda: [(name, None) for name in workers], lambda place: workers[place[0]]).run(once=True)
    assert said == ["bad fails", "good works", "good works", "good works"]
    assert "the store failed: gone" in caplog.text


def test_a_store_that_cannot_be_opened_is_tried_again_and_a_new_tenant_is_noticed(monkeypatch, caplog):
    monkeypatch.setattr(shift, "TENANTS_S", 0.0)
    monkeypatch.setattr(shift, "POLL_S", 0.001)
    said, tries = [], []
    good = FakeWorker("good", said, 1)

    def places():
        return [("bad", None), *([("good", None)] if len(tries) > 2 else [])]

    def hire(place):
        tries.append(place[0])
        if place[0] == "bad":
            raise DataError("no such table")
        if len(tries) > 5:
            raise KeyboardInterrupt
        return good

    def stop(seconds):
        if "good works" in said:
            raise KeyboardInterrupt

    monkeypatch.setattr(shift.time, "sleep", stop)
    with pytest.raises(KeyboardInterrupt):
        Shift(places, hire).run()
    assert said.count("good works") == 1
    assert tries.count("bad") > 2
    assert "no such table" in caplog.text
