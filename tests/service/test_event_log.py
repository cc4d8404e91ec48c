"""Events of many requests share transactions, and each request learns what became of its own."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from service.event_log import AT_ONCE, EventLog
from service.storage.store import Store
from service.storage.tables import EVENTS


@pytest.fixture
def writes(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[Callable[..., Any]]:
    """Every transaction since."""
    begun, write = list[Callable[..., Any]](), store.write

    async def noted(work: Callable[..., Any]) -> Any:
        begun.append(work)
        return await write(work)

    monkeypatch.setattr(store, "write", noted)
    return begun


def event(event_id: str, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(EVENTS.c.keys()) | {"event_id": event_id, "viewer_id": "u", "video_id": "v"}
    return row | {"event_type": "play", "occurred_at": 1, **more}


def together(store: Store, *several: list[dict[str, Any]]) -> list[Any]:
    """What becomes of requests that come at the same time."""

    async def ask() -> list[Any]:
        log = EventLog(store)
        return await asyncio.gather(*(log.append(rows) for rows in several), return_exceptions=True)

    return asyncio.run(ask())


def stored(store: Store) -> dict[str, float | None]:
    with store.reading() as connection:
        return dict(map(tuple, connection.execute(select(EVENTS.c.event_id, EVENTS.c.value))))


def test_those_that_come_together_are_written_together(store: Store, writes):
    found = together(store, *([event(f"e{at}")] for at in range(50)))
    assert found == [set()] * 50
    assert len(stored(store)) == 50
    assert len(writes) == 1


def test_what_comes_meanwhile_is_written_next(store: Store, writes):
    go_on = threading.Event()

    async def ask() -> list[set[str]]:
        log = EventLog(store)
        holding = asyncio.create_task(store.write(lambda _: go_on.wait(10)))
        asked = []
        for at in range(3):
            asked.append(asyncio.create_task(log.append([event(f"e{at}")])))
            await asyncio.sleep(0.01)
        assert not any(one.done() for one in asked)
        go_on.set()
        await holding
        return await asyncio.gather(*asked)

    assert asyncio.run(ask()) == [set()] * 3
    assert len(stored(store)) == 3
    assert len(writes) == 3  # the one that held up, the first event, and the others


def test_an_id_that_several_bring_is_accepted_of_the_first(store: Store):
    together(store, [event("old", value=0.0)])
    found = together(
        store, [event("a", value=1.0)], [event("a", value=2.0), event("b")], [event("old", value=3.0), event("b")]
    )
    assert found == [set(), {"a"}, {"old", "b"}]
    assert stored(store) == {"old": 0.0, "a": 1.0, "b": None}


def test_one_that_cannot_be_written_fails_alone(store: Store):
    first, wrong, last = together(store, [event("a")], [event("x", occurred_at=2**70)], [event("b")])
    assert (first, last) == (set(), set())
    assert isinstance(wrong, Exception)
    assert stored(store).keys() == {"a", "b"}
    assert together(store, [event("x")]) == [set()]


def test_a_database_that_is_locked_is_told_to_all_and_not_asked_again_for_each(store: Store, monkeypatch):
    asked = []

    async def locked(work: Any) -> None:
        asked.append(work)
        raise OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", locked)
        found = together(store, [event("a")], [event("b")])
    assert [type(one) for one in found] == [OperationalError] * 2
    assert len(asked) == 1
    assert together(store, [event("a")]) == [set()]


def test_who_leaves_takes_nothing_from_the_others(store: Store):
    async def ask() -> set[str]:
        log = EventLog(store)
        leaving, staying = (asyncio.create_task(log.append([event(one)])) for one in ("a", "b"))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert asyncio.run(ask()) == set()
    assert "b" in stored(store)


def test_a_transaction_is_not_made_much_longer_for_others(store: Store, writes):
    batches = [[event(f"e{batch}-{at}") for at in range(AT_ONCE // 2)] for batch in range(5)]
    assert together(store, *batches) == [set()] * 5
    assert len(writes) == 3
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(EVENTS)) == 5 * AT_ONCE // 2
