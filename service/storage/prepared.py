"""Statements compiled once: reads of every request and writes of many rows, where compiling would cost the most."""

from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, Table

from service.storage.rows import Row, insert_for

PIECES = (256, 64, 16, 4, 1)
"""How many rows one INSERT takes."""


class Prepared:
    """One SELECT with named parameters, for whichever database it is run on."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, dict[str, Any], Sequence[str]]] = {}

    def rows(self, connection: Connection, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """Every row, as the database's driver gives it: for columns of text and numbers, which need no conversion."""
        sql, constants, order = self._compiled.get(connection.dialect.name) or self._compile(connection)
        given = {**constants, **parameters} if constants else parameters
        values = tuple([given[name] for name in order]) if order else given
        driver: Any = connection.connection.driver_connection  # what SQLAlchemy puts round it costs as much as the read
        try:
            with closing(driver.cursor()) as cursor:
                cursor.execute(sql, values)
                found: Sequence[tuple[Any, ...]] = cursor.fetchall()
                return found
        except connection.dialect.loaded_dbapi.Error:
            return _again(connection, sql, values)

    def _compile(self, connection: Connection) -> tuple[str, dict[str, Any], Sequence[str]]:
        compiled = self._statement.compile(dialect=connection.dialect)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        made = self._compiled[connection.dialect.name] = str(compiled), constants, compiled.positiontup or ()
        return made


def _again(connection: Connection, sql: str, values: Any) -> Sequence[tuple[Any, ...]]:
    """A read that failed, done by SQLAlchemy: its errors are known, and it lets go of a lost connection."""
    with nullcontext() if connection.in_transaction() else connection.begin():
        return [tuple(row) for row in connection.exec_driver_sql(sql, values)]


class PreparedInsert:
    """One INSERT that leaves rows alone whose key is there, of all columns of a table; None is NULL."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._names: Sequence[str] = table.columns.keys()
        self._compiled: dict[tuple[str, int], str] = {}

    def add(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert rows; each has every column, its values as the database takes them, none missing that must be there.

        SQLite is given many at once: between two statements the interpreter may change hands, and that takes as long
        as a row.
        """
        if connection.dialect.name == "sqlite":
            for start, n in _pieces(len(rows)):
                values = [row[name] for row in rows[start : start + n] for name in self._names]
                connection.exec_driver_sql(self._sql(connection, n), tuple(values))
        elif rows:
            connection.exec_driver_sql(self._sql(connection, 1), list(rows))

    def _sql(self, connection: Connection, n: int) -> str:
        """The statement for n rows."""
        key = connection.dialect.name, n
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = self._compile(connection, n)
        return found

    def _compile(self, connection: Connection, n: int) -> str:
        """OR IGNORE, since SQLite copies every page that a longer statement changes if it can fail on the way."""
        if connection.dialect.name != "sqlite":
            return str(
                insert_for(connection, self._table)
                .on_conflict_do_nothing()
                .compile(dialect=connection.dialect, column_keys=self._names)
            )
        missing = insert_for(connection, self._table).prefix_with("OR IGNORE")
        head, row = str(missing.compile(dialect=connection.dialect, column_keys=self._names)).split(" VALUES ")
        return f"{head} VALUES {', '.join([row] * n)}"


def _pieces(n: int) -> Iterator[tuple[int, int]]:
    """Where each piece of n rows begins and how long it is: of few different lengths, so that few statements do."""
    start = 0
    for length in PIECES:
        while n - start >= length:
            yield start, length
            start += length
