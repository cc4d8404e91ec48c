"""The load step: ingested tables into the store that the service serves from. Loading again changes nothing.

Events are only ever added. Of the other tables the given row wins, but a value it does not know erases none that the
store knows; and what a viewer said of a tag themselves is replaced only by something said later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, func, or_
from sqlalchemy.sql.expression import TableClause

from pipelines.config import PipelineConfig
from pipelines.progress import Progress, quiet
from pipelines.store import CHANGED_AT, ORIGIN, insert_into, opened_store, prepare_store, store_table
from pipelines.workspace import content_hash
from recsys.errors import ConfigError, DataError, require
from recsys.schema import TABLES, Table

ROWS_PER_TRANSACTION = 10_000
ORDER = (*(name for name in TABLES if name != "videos"), "videos")
"""Videos last: a running service looks at those that changed, and finds their tags there already."""


@dataclass(frozen=True, kw_only=True)
class LoadSummary:
    """What load gave to the store."""

    rows: dict[str, int]
    """Rows sent, by table; those that the store had already are among them."""
    origin: str
    """The content hash of the tables: what videos of this load are marked with."""

    def lines(self) -> list[str]:
        """The summary in words."""
        return [f"{name}: {n:,} rows are in the store" for name, n in self.rows.items() if n]


def load(config: PipelineConfig, progress: Progress = quiet) -> LoadSummary:
    """Put every table of the workspace into the store, in transactions of some thousand rows.

    Args:
        config: the workspace and the store.
        progress: told which table is loaded.

    Raises:
        ConfigError: no store is set.
        DataError: nothing was ingested yet, or the store fails; what was committed until then stays, and loading again
            completes it.
    """
    folder = config.folders.tables
    url = config.store.address
    if url is None:
        raise ConfigError("store.url is not set; there is nowhere to load to")
    require(folder.is_dir(), f"{folder} holds no tables; run `tagreel ingest` first", DataError)
    prepare_store(url)
    origin = content_hash(folder, "*.parquet")
    with opened_store(url) as engine:
        rows = {name: _load_table(engine, TABLES[name], folder, origin, progress) for name in ORDER}
    return LoadSummary(rows=rows, origin=origin)


def _load_table(engine: Engine, table: Table, folder: Path, origin: str, progress: Progress) -> int:
    given = store_table(engine, table)
    statement = _statement(engine.dialect.name, given, table)
    n = 0
    with pq.ParquetFile(folder / f"{table.name}.parquet") as file:
        for rows in _rows(file, table):
            own = {CHANGED_AT: int(datetime.now(UTC).timestamp() * 1000), ORIGIN: origin}  # the clock moves on
            marks = {name: value for name, value in own.items() if name in given.c}
            with engine.begin() as connection:
                connection.execute(statement, [row | marks for row in rows])
            n += len(rows)
            progress(f"loading {table.name}", n / max(file.metadata.num_rows, 1))
    return n


def _rows(file: pq.ParquetFile, table: Table) -> Iterator[list[dict[str, Any]]]:
    times = {column.name for column in table.columns if column.kind == "time"}
    for batch in file.iter_batches(ROWS_PER_TRANSACTION):
        arrays = [
            batch.column(name).cast(pa.int64()) if name in times else batch.column(name) for name in batch.schema.names
        ]
        yield pa.table(arrays, names=batch.schema.names).to_pylist()


def _statement(dialect: str, given: TableClause, table: Table) -> Any:
    """Insert, and on a known key: nothing for events, an update for the rest."""
    insert = insert_into(given, dialect)
    written = [name for name in (*table.names, CHANGED_AT, ORIGIN) if name in given.c]
    if table.name == "events":
        return insert.on_conflict_do_nothing(index_elements=list(table.key))
    new = insert.excluded
    update = {name: func.coalesce(new[name], given.c[name]) for name in written if name not in table.key}
    return insert.on_conflict_do_update(index_elements=list(table.key), set_=update, where=_newer(given, new, table))


def _newer(given: TableClause, new: Any, table: Table) -> Any:
    """Which known rows are updated; None for all."""
    if table.name == "viewer_tags":
        return or_(given.c.set_at.is_(None), new.set_at >= given.c.set_at)
    if ORIGIN in given.c:
        return given.c[ORIGIN].is_distinct_from(new[ORIGIN])
    return None
