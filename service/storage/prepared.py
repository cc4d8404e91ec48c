"""Statements compiled once: reads on the way of every request, where building and compiling would cost the most."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select


class Prepared:
    """One SELECT with named parameters, for whichever database it is run on."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, dict[str, Any], Sequence[str]]] = {}

    def rows(self, connection: Connection, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """Every row, as the database's driver gives it: for columns of text and numbers, which need no conversion."""
        found = self._compiled.get(connection.dialect.name) or self._compile(connection)
        sql, constants, order = found
        given = {**constants, **parameters}
        values = tuple(given[name] for name in order) if order else given
        return connection.exec_driver_sql(sql, values).cursor.fetchall()

    def _compile(self, connection: Connection) -> tuple[str, dict[str, Any], Sequence[str]]:
        compiled = self._statement.compile(dialect=connection.dialect)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        made = self._compiled[connection.dialect.name] = str(compiled), constants, compiled.positiontup or ()
        return made
