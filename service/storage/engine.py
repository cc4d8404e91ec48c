"""The engine of a store address, with SQLite set up to be shared by processes and to survive their death."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from recsys.errors import ConfigError, MissingExtraError, require

CHECKPOINT_PAGES = 16_000
"""A write folds SQLite's log into the file only where it is so long, 64 MiB: a service does it beside the writes."""
WRITES = "tagreel_writes"
"""Execution option of connections that write: on SQLite they take the write lock when they begin, never half-way."""


def open_engine(store_url: str, busy_timeout_s: float = 5.0) -> Engine:
    """An engine for an SQLite or PostgreSQL address.

    Args:
        store_url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db` or `postgresql+psycopg://…`.
        busy_timeout_s: how long a write waits for another process's write.

    Raises:
        ConfigError: the address is of another kind, or SQLite without a file.
    """
    try:
        url = make_url(store_url)
        dialect = url.get_backend_name()
    except ArgumentError as error:
        raise ConfigError(f"store_url is not an address: {error}") from error
    require(dialect in ("sqlite", "postgresql"), f"store_url is for {dialect}; sqlite or postgresql work", ConfigError)
    if dialect == "sqlite":
        in_memory = url.database in (None, "", ":memory:")
        require(
            not in_memory, "store_url names no file; workers need one to share: sqlite:///var/store.db", ConfigError
        )
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    try:
        engine = create_engine(url, pool_size=20, max_overflow=20)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise MissingExtraError("a PostgreSQL store", "postgres") from error
    if dialect == "sqlite":
        _set_up_sqlite(engine, round(busy_timeout_s * 1000))
    return engine


def shown_address(store_url: str) -> str:
    """A store's address as people may see it, without its password."""
    return make_url(store_url).render_as_string(hide_password=True)


def _set_up_sqlite(engine: Engine, busy_timeout_ms: int) -> None:
    """WAL survives `kill -9` at synchronous=NORMAL; secure_delete leaves nothing of what is deleted in the file."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not by the driver's guess
        for pragma in (
            f"busy_timeout = {busy_timeout_ms}",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = OFF",
            "secure_delete = ON",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
