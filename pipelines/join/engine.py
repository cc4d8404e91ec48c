"""DuckDB as the engine of the relational part, within a memory limit, spilling beside the output."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends import BaseBackend

from recsys.errors import require
from recsys.schema import TABLES
from recsys.tables import arrow_schema

BATCH_ROWS = 500_000


@dataclass(frozen=True)
class Engine:
    """An open database that reads one folder of tables."""

    backend: BaseBackend
    tables: Path

    def table(self, name: str) -> ir.Table:
        """A canonical table; without rows where the folder has no file of it."""
        path = self.tables / f"{name}.parquet"
        if path.exists():
            return self.backend.read_parquet(path).select(*TABLES[name].names)
        return self.backend.create_table(name, schema=ibis.Schema.from_pyarrow(arrow_schema(TABLES[name])), temp=True)

    def kept(self, name: str, expression: ir.Table) -> ir.Table:
        """The expression's rows, worked out once."""
        return self.backend.create_table(name, expression, temp=True)

    def rows(self, expression: ir.Table) -> pa.Table:
        """All rows at once."""
        return expression.to_pyarrow()

    def batches(self, expression: ir.Table) -> Iterator[pa.RecordBatch]:
        """The rows, some at a time."""
        relation = self.backend.con.sql(self.backend.compile(expression))
        reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch  # DuckDB before 1.5
        yield from reader(BATCH_ROWS)


@contextmanager
def engine(tables: Path, spill: Path, memory: str, threads: int) -> Iterator[Engine]:
    """Open DuckDB on a folder of tables.

    Args:
        tables: the folder that ingest wrote.
        spill: a folder to make temporary files in.
        memory: what it may hold, such as `1500MB`.
        threads: how many it may use.

    Raises:
        DataError: the folder holds no events and no videos.
    """
    found = any((tables / f"{name}.parquet").exists() for name in ("events", "videos"))
    require(found, f"{tables} holds neither events nor videos; run `tagreel ingest` first")
    with TemporaryDirectory(dir=spill, prefix=".tmp-join-") as folder:
        backend = ibis.duckdb.connect(memory_limit=memory, threads=threads, temp_directory=folder)
        try:
            yield Engine(backend, tables)
        finally:
            backend.disconnect()
