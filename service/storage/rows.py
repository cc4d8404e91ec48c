"""Writing rows by their key, the same on SQLite and PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, Any]
MOST_VALUES = 5000
"""How many values one IN takes; longer lists go in several queries."""


def insert_for(connection: Connection, table: Table) -> Any:
    """The INSERT of the connection's dialect, which knows ON CONFLICT."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def add_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows whose key is not there yet; the others change nothing."""
    if rows:
        connection.execute(insert_for(connection, table).on_conflict_do_nothing(), list(rows))


def put(connection: Connection, table: Table, rows: Sequence[Row], **changes: Any) -> None:
    """Insert rows, or replace those of the same key.

    Args:
        connection: in a write transaction.
        table: where to.
        rows: each with the same columns.
        changes: per column, an expression to set instead of the new value where the row was there.
    """
    if not rows:
        return
    statement = insert_for(connection, table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_={**values, **changes}), list(rows))


def later(table: Table, now: Any) -> ColumnElement[int]:
    """`now`, or just after the row's last change where the clock has not moved on: every change has its own time."""
    return case((table.c.changed_at >= now, table.c.changed_at + 1), else_=now)


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The values in lists short enough for one IN."""
    for start in range(0, len(values), MOST_VALUES):
        yield values[start : start + MOST_VALUES]
