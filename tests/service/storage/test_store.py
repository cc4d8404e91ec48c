"""The store's connections: kept by thread, and closed only when nobody reads with them any more."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from service.storage.store import Store


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
