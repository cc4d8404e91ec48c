"""Statements compiled once: reads of every request and writes of many rows, where compiling would cost the most."""

from collections.abc import Sequence
from contextlib import closing, nullcontext
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, Table

from service.storage.rows import Row, insert_for


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
        self._compiled: dict[str, tuple[str, Sequence[str]]] = {}

    def add(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert rows; each has every column, its values as the database takes them."""
        if not rows:
            return
        sql, order = self._compiled.get(connection.dialect.name) or self._compile(connection)
        connection.exec_driver_sql(sql, [tuple(map(row.__getitem__, order)) for row in rows] if order else list(rows))

    def _compile(self, connection: Connection) -> tuple[str, Sequence[str]]:
        missing = insert_for(connection, self._table).on_conflict_do_nothing()
        compiled = missing.compile(dialect=connection.dialect, column_keys=self._table.columns.keys())
        made = self._compiled[connection.dialect.name] = str(compiled), compiled.positiontup or ()
        return made
