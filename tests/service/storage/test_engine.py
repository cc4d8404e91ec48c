"""SQLite, set up for many processes and sudden ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from service.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store.open(f"sqlite:///{tmp_path}/store.db", busy_timeout_s=0.05)
    one.write_now(lambda connection: connection.execute(text("create table t (x int)")))
    yield one
    one.close()


def test_pragmas_are_set_on_every_connection(store: Store):
    with store.reading() as connection:
        told = {name: connection.exec_driver_sql(f"pragma {name}").scalar() for name in ("journal_mode", "synchronous")}
        assert connection.exec_driver_sql("pragma secure_delete").scalar() == 1
        assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 0
    assert told == {"journal_mode": "wal", "synchronous": 1}


def test_readers_do_not_wait_for_a_writer_and_see_whole_transactions(store: Store):
    def write(connection) -> int | None:
        connection.execute(text("insert into t values (1)"))
        with store.reading() as other:
            return other.execute(text("select count(*) from t")).scalar()

    assert store.write_now(write) == 0
    with store.reading() as connection:
        assert connection.execute(text("select count(*) from t")).scalar() == 1


def test_a_failed_write_leaves_nothing(store: Store):
    def write(connection) -> None:
        connection.execute(text("insert into t values (1)"))
        raise ValueError

    with pytest.raises(ValueError):
        store.write_now(write)
    with store.reading() as connection:
        assert connection.execute(text("select count(*) from t")).scalar() == 0


def test_two_writers_wait_for_each_other_from_the_start(store: Store):
    def write(_connection) -> None:
        with pytest.raises(OperationalError, match="locked"):
            store.write_now(lambda connection: None)

    store.write_now(write)
