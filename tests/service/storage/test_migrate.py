"""The migrations and the tables in code are one schema."""

import json
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from recsys import schema
from recsys.errors import ConfigError
from service.storage import migrate as migrating
from service.storage.migrate import migrate, newest_revision, prepare, revision, upgrade
from service.storage.store import Store
from service.storage.tables import METADATA


@pytest.fixture
def store(tmp_path: Path):
    one = Store.open(f"sqlite:///{tmp_path}/sub/store.db")
    yield one
    one.close()


def test_migrations_make_exactly_the_tables_in_code(store: Store):
    migrate(store)
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_every_shared_table_has_its_columns_and_key():
    for table in schema.TABLES.values():
        made = METADATA.tables[table.name]
        assert tuple(made.columns.keys())[: len(table.names)] == table.names
        assert {one.name for one in made.primary_key} == set(table.key)


def test_an_empty_sqlite_store_is_set_up_once(store: Store):
    prepare(store)
    prepare(store)
    with store.reading() as connection:
        assert revision(connection) == newest_revision()


def test_migrating_twice_changes_nothing(store: Store):
    assert migrate(store) == migrate(store) == newest_revision()


def test_a_store_of_another_version_is_refused_with_the_next_step(store: Store):
    migrate(store)
    store.write_now(lambda connection: connection.execute(text("update alembic_version set version_num = '9999'")))
    with pytest.raises(ConfigError, match="tagreel migrate"):
        prepare(store)


def test_tables_of_another_making_are_not_touched(store: Store):
    store.write_now(lambda connection: connection.execute(text("create table videos (x int)")))
    with pytest.raises(ConfigError, match="missing"):
        prepare(store)


def test_a_failed_migration_leaves_nothing(store: Store):
    store.write_now(lambda connection: connection.execute(text("create table viewers (x int)")))
    with pytest.raises(Exception, match="already exists"):
        migrate(store)
    with store.reading() as connection:
        assert revision(connection) is None
        assert connection.execute(text("select count(*) from sqlite_master where name='videos'")).scalar() == 0


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "nonsense"])
def test_unusable_addresses_are_named(address: str):
    with pytest.raises(ConfigError, match="store_url"):
        Store.open(address)


def test_impressions_of_one_row_a_video_become_one_row_an_answer(store: Store):
    store.write_now(lambda connection: upgrade(connection, "0001"))
    rows = [
        {"request": f"r{at % 2}", "position": at // 2, "viewer": f"u{at % 2}", "video": f"v{at}", "score": at / 2}
        for at in (5, 0, 3, 1, 4, 2)
    ]
    old = text(
        "insert into impressions"
        " (request_id, position, viewer_id, video_id, score, propensity, source, bundle, shown_at) values"
        " (:request, :position, :viewer, :video, :score, 1.0, 'content', 'b', 7)"
    )
    store.write_now(lambda connection: connection.execute(old, rows))
    migrate(store)
    with store.reading() as connection:
        found = connection.execute(text("select * from impressions order by request_id")).mappings().all()
    assert [(one["request_id"], one["viewer_id"], one["bundle"], one["shown_at"]) for one in found] == [
        ("r0", "u0", "b", 7),
        ("r1", "u1", "b", 7),
    ]
    shown = {
        "video_id": ["v0", "v2", "v4"],
        "score": [0.0, 1.0, 2.0],
        "propensity": [1.0] * 3,
        "source": ["content"] * 3,
    }
    assert json.loads(found[0]["shown"]) == shown


def downgrade(connection: Connection, to: str) -> None:
    config = migrating._config()
    config.attributes["connection"] = connection
    command.downgrade(config, to)


def test_what_was_shown_is_rewritten_whole_and_back(store: Store):
    store.write_now(lambda connection: upgrade(connection, "0005"))
    old = {
        f"r{at:04d}": [{"video_id": f"v{at}", "score": at / 3, "propensity": 0.5, "source": "pin"}]
        for at in range(2500)
    }
    old["empty"] = []
    insert = text("insert into impressions (request_id, bundle, shown_at, shown) values (:id, 'b', 7, :shown)")
    rows = [{"id": request_id, "shown": json.dumps(videos)} for request_id, videos in old.items()]
    store.write_now(lambda connection: connection.execute(insert, rows))

    def shown() -> dict[str, object]:
        with store.reading() as connection:
            found = connection.execute(text("select request_id, shown from impressions"))
            return {request_id: json.loads(one) for request_id, one in found}

    migrate(store)
    new = shown()
    assert new["r2499"] == {"video_id": ["v2499"], "score": [833.0], "propensity": [0.5], "source": ["pin"]}
    assert new["empty"] == {"video_id": [], "score": [], "propensity": [], "source": []}
    store.write_now(lambda connection: downgrade(connection, "0005"))
    assert shown() == old
