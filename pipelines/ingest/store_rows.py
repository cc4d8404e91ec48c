"""The service's own store as a source: all tables as of one moment, streamed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, func, select
from sqlalchemy.sql.expression import TableClause

from pipelines.ingest.arrow_rows import batches_of
from pipelines.ingest.batch import BATCH_ROWS, Batches
from pipelines.ingest.config import FileConfig
from pipelines.ingest.mapping import map_columns
from pipelines.store import DELETED, one_moment, opened_store, store_table
from recsys.schema import TABLES, Column, Table
from recsys.tables import ARROW_TYPES


@contextmanager
def store_readers(url: str) -> Iterator[dict[str, dict[str, Callable[[], Batches]]]]:
    """A reader for each table of the store; all see the same moment."""
    with opened_store(url) as engine, one_moment(engine) as connection:
        given = {name: store_table(engine, table) for name, table in TABLES.items()}
        with connection.begin():
            yield {
                name: {f"store.{name}": partial(_read, connection, given[name], table)}
                for name, table in TABLES.items()
            }


def _read(connection: Connection, given: TableClause, table: Table) -> Batches:
    query = select(*(given.c[name] for name in table.names))
    count = select(func.count()).select_from(given)
    if DELETED in given.c:
        query, count = query.where(given.c[DELETED].is_(False)), count.where(given.c[DELETED].is_(False))
    n_rows = connection.execute(count).scalar_one()
    rows = connection.execution_options(yield_per=BATCH_ROWS).execute(query).partitions(BATCH_ROWS)
    mapping = map_columns(table, FileConfig(path=Path()))
    yield from batches_of(
        (_record(part, table) for part in rows), table, mapping, list(table.names), f"store.{table.name}", n_rows
    )


def _record(rows: Sequence[Any], table: Table) -> pa.RecordBatch:
    values = zip(*rows, strict=True)
    arrays = [pa.array(given, _arrow_type(column)) for given, column in zip(values, table.columns, strict=True)]
    return pa.record_batch(arrays, names=list(table.names))


def _arrow_type(column: Column) -> pa.DataType:
    return pa.int64() if column.kind == "time" else ARROW_TYPES[column.kind]
