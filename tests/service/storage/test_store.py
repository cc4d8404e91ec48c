"""The store's connections: kept by thread, and closed only when nobody reads with them any more."""

import asyncio
import os
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from service.storage.events import append
from service.storage.migrate import migrate
from service.storage.standing import Past, Standing, standing
from service.storage.store import Store
from service.storage.tables import EVENTS
from service.storage.viewer_tags import state_tags
from service.threads import A_LITTLE


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"sqlite:///{tmp_path}/s.db")


def test_closing_waits_for_a_read_in_another_thread(store: Store):
    reading, read = threading.Event(), list[int]()

    def work() -> None:
        with store.reading() as connection:
            reading.set()
            time.sleep(0.3)
            read.append(connection.scalar(text("SELECT 7")))

    thread = threading.Thread(target=work)
    thread.start()
    reading.wait()
    store.close()
    assert read == [7]
    thread.join()


def test_reads_within_reads_have_their_own_connection(store: Store):
    with store.reading() as outer, store.reading() as inner:
        assert outer is not inner
        assert inner.scalar(text("SELECT 1")) == 1
    store.close()


def test_a_glance_reads_what_was_written_just_before(store: Store):
    migrate(store)
    assert store.glance(lambda connection: standing(connection, "u")) == Standing(Past(0, None, None), ())
    event = dict.fromkeys(EVENTS.c.keys()) | {"viewer_id": "u", "video_id": "v", "event_type": "play"}
    rows = [{**event, "event_id": f"e{at}", "occurred_at": at} for at in (5, 7)]
    store.write_now(lambda connection: append(connection, rows))
    said = [{"tag_id": "a", "state": "liked", "weight": 2.0}, {"tag_id": "b", "state": "muted", "weight": 1.0}]
    store.write_now(lambda connection: state_tags(connection, "u", said, now=9))
    found = store.glance(lambda connection: standing(connection, "u"))
    assert found.past == Past(2, 12, "e7")
    assert sorted(found.said) == [("a", "liked", 2.0), ("b", "muted", 1.0)]
    assert store.glance(lambda connection: standing(connection, "other")).said == ()
    store.close()


def test_a_connection_that_is_lost_fails_as_one_and_the_next_read_has_another(store: Store):
    migrate(store)

    def lose(connection: Connection) -> None:
        connection.connection.driver_connection.close()

    store.glance(lose)
    with pytest.raises(DBAPIError):
        store.glance(lambda connection: standing(connection, "u"))
    assert store.glance(lambda connection: standing(connection, "u")).past.n == 0

    def read_after_the_loss() -> None:
        with store.reading() as connection:
            lose(connection)
            standing(connection, "u")

    with pytest.raises(DBAPIError):
        read_after_the_loss()
    with store.reading() as connection:
        assert standing(connection, "u").past.n == 0
    store.close()


def test_the_writers_thread_stands_back(store: Store):
    here = os.nice(0)
    assert asyncio.run(store.write(lambda _: os.nice(0))) == (here + A_LITTLE if sys.platform == "linux" else here)
    assert os.nice(0) == here
    store.close()
