"""Backups as the guide to operations has them: taken while something writes, restored, and found to be well."""

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import func, insert, make_url, select

from service.clock import now_ms
from service.doctor.reading import read_only
from service.doctor.storing import look_at_store
from service.settings import Settings
from service.storage.migrate import migrate
from service.storage.store import Store
from service.storage.tables import EVENTS

PAIR = 2
"""Events are written so many in a transaction: a backup holds all of it or nothing."""


@contextmanager
def written(address: str) -> Iterator[list[int]]:
    """A store that events are written into all the while; yields how many were."""
    store, enough, done = Store.open(address), threading.Event(), [0]
    migrate(store)

    def write() -> None:
        while not enough.is_set():
            rows = [
                {"event_id": f"e{done[0] + i}", "viewer_id": "u", "video_id": "v", "event_type": "play"}
                | {"occurred_at": 1, "received_at": 1}
                for i in range(PAIR)
            ]
            store.write_now(lambda connection, rows=rows: connection.execute(insert(EVENTS), rows))
            done[0] += PAIR

    thread = threading.Thread(target=write)
    thread.start()
    try:
        while done[0] < 10 * PAIR:
            thread.join(0.01)
            assert thread.is_alive()
        yield done
    finally:
        enough.set()
        thread.join()
        store.close()


def events_of(address: str) -> int:
    """How many events a restored store holds, once the doctor has found nothing wrong with it."""
    store = read_only(address)
    found = list(look_at_store(Settings(store_url=address), store, now_ms()))
    assert [one for one in found if one.state == "failed"] == []
    with store.reading() as connection:
        n = connection.scalar(select(func.count()).select_from(EVENTS))
    store.close()
    return n


def test_sqlite_is_backed_up_while_something_writes(tmp_path):
    (tmp_path / "backup").mkdir()
    with written(f"sqlite:///{tmp_path}/store.db") as done:
        before = done[0]
        with (
            closing(sqlite3.connect(tmp_path / "store.db")) as source,
            closing(sqlite3.connect(tmp_path / "backup" / "store.db")) as target,
        ):
            source.backup(target)
    restored = events_of(f"sqlite:///{tmp_path}/backup/store.db")
    assert before <= restored <= done[0]
    assert restored % PAIR == 0


def test_postgresql_is_backed_up_while_something_writes(postgres, program, tmp_path):
    dump, restore, create = (program(one) for one in ("pg_dump", "pg_restore", "createdb"))
    if None in (dump, restore, create):
        pytest.skip("needs pg_dump, pg_restore and createdb on this machine")
    url = make_url(postgres)
    where = ["--host", url.query["host"], "--username", "owner"]
    for name in ("shop", "again"):
        subprocess.run([create, *where, name], check=True)
    with written(postgres.replace("/postgres?", "/shop?")) as done:
        before = done[0]
        subprocess.run([dump, *where, "--format=custom", f"--file={tmp_path}/store.dump", "shop"], check=True)
    subprocess.run([restore, *where, "--clean", "--if-exists", "--dbname=again", tmp_path / "store.dump"], check=True)
    restored = events_of(postgres.replace("/postgres?", "/again?"))
    assert before <= restored <= done[0]
    assert restored % PAIR == 0


def test_a_plain_copy_lacks_what_is_in_the_log(tmp_path):
    """Why the guide says so."""
    with written(f"sqlite:///{tmp_path}/store.db") as done:
        shutil.copy(tmp_path / "store.db", tmp_path / "copy.db")
        assert (tmp_path / "store.db-wal").stat().st_size > 0
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        tables = copy.execute("select count(*) from sqlite_master where name = 'events'").fetchone()[0]
        assert tables == 0 or copy.execute("select count(*) from events").fetchone()[0] < done[0]
