"""The store as the pipelines see it: the shared tables by name, over SQLAlchemy Core, on SQLite and PostgreSQL.

The service owns the tables and makes them (`tagreel migrate`); every time in them is ms since 1970 UTC.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Double,
    Engine,
    Text,
    column,
    create_engine,
    event,
    inspect,
    make_url,
)
from sqlalchemy import table as light_table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.sql.expression import ColumnClause, TableClause
from sqlalchemy.types import TypeEngine

from recsys.errors import ConfigError, DataError, MissingExtraError, require
from recsys.schema import TABLES, Table

TYPES: dict[str, type[TypeEngine[Any]]] = {
    "id": Text, "text": Text, "choice": Text, "json": Text,
    "time": BigInteger, "real": Double, "whole": BigInteger, "flag": Boolean,
}  # fmt: skip
PREPARERS = "tagreel.store"
"""Entry point group of functions that take a store's address and make its tables."""
PLACES = "tagreel.places"
"""Entry point group of functions that say where all tenants' stores are."""
CHANGED_AT, ORIGIN, DELETED = "changed_at", "origin", "deleted"
"""What the service may keep of a video besides: when it was written, from where, whether it is gone."""


@contextmanager
def opened_store(url: str) -> Iterator[Engine]:
    """An engine that is disposed of afterwards; database errors become a DataError without the password.

    Raises:
        ConfigError: the address is none, or of another database.
        DataError: the store cannot be reached, or a shared table is missing.
    """
    engine = _engine(url)
    name = engine.url.render_as_string(hide_password=True)
    try:
        there = set(inspect(engine).get_table_names())
        missing = [one for one in TABLES if one not in there]
        require(not missing, f"the store {name} has no table {', '.join(missing)}; run `tagreel migrate` first")
        yield engine
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise DataError(f"the store {name} failed: {reason}") from error
    finally:
        engine.dispose()


def prepare_store(url: str) -> None:
    """Have the service make the tables of a store that has none yet; any other store is left as it is.

    The service says how under the entry point group `tagreel.store`; nobody there leaves the store empty.
    """
    engine = _engine(url)
    try:
        new = not set(inspect(engine).get_table_names()) & set(TABLES)
    except SQLAlchemyError:
        new = True  # no file or no folder yet; who makes the tables makes those too, or says what is wrong
    finally:
        engine.dispose()
    if new:
        for found in entry_points(group=PREPARERS):
            found.load()(url)


def all_places(url: str, spool: Path) -> list[tuple[str, Path]]:
    """The stores and spool folders of all tenants, where the service says; else the given one alone.

    Args:
        url: of the default tenant's store.
        spool: its spool folder.
    """
    found = [place for one in entry_points(group=PLACES) for place in one.load()(url, spool)]
    return found or [(url, spool)]


def store_table(engine: Engine, table: Table) -> TableClause:
    """A light table: the shared columns, and those of the service's own that are there."""
    own = {CHANGED_AT: BigInteger, ORIGIN: Text, DELETED: Boolean}
    there = {one["name"] for one in inspect(engine).get_columns(table.name)} if table.name == "videos" else set()
    return bare(table, *(column(name, kind()) for name, kind in own.items() if name in there))


def bare(table: Table, *own: ColumnClause[Any]) -> TableClause:
    """A light table of a table's shared columns, and further ones."""
    return light_table(table.name, *(column(one.name, TYPES[one.kind]()) for one in table.columns), *own)


def insert_into(given: TableClause, dialect: str) -> Any:
    """The INSERT of a dialect, which knows ON CONFLICT."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(given)


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
    except ArgumentError:
        raise ConfigError("store.url is not an address such as sqlite:///var/store.db") from None
    dialect = address.get_backend_name()
    require(dialect in ("sqlite", "postgresql"), f"store.url is for {dialect}; sqlite or postgresql work", ConfigError)
    try:
        engine = create_engine(address)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise MissingExtraError("a PostgreSQL store", "postgres") from None
    if dialect == "sqlite":
        _begin_explicitly(engine)
    return engine


def one_moment(engine: Engine) -> Connection:
    """A connection whose next transaction sees the store as of one moment, whatever others write meanwhile."""
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ")
    return connection


def _begin_explicitly(engine: Engine) -> None:
    """Let a transaction be one snapshot on SQLite too; by itself the driver begins only before a write."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 30000")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")
