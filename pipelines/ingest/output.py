"""Finished tables on disk: the same rows give the same bytes, however they came."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.schema import Table
from recsys.tables import arrow_schema

OUT_ROWS = 524_288
"""Rows of one row group; a multiple of what DuckDB hands out at a time."""


def write_table(table: Table, batches: Iterable[pa.RecordBatch], target: Path) -> int:
    """Stream rows into a Parquet file in the table's schema; ms become times. Returns how many there were."""
    schema = arrow_schema(table)
    n = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            n += len(batch)
    return n
