"""Parquet files and frames in memory as batches."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.ingest.batch import BATCH_ROWS, Batch, Batches, TimeUnit
from pipelines.ingest.config import FileConfig
from pipelines.ingest.mapping import Mapping, header_faults, map_columns
from recsys.errors import DataError
from recsys.schema import Kind, Table


def read_parquet(path: Path, table: Table, given: FileConfig) -> Batches:
    """Every row of one Parquet file; a line is a row's number.

    Raises:
        DataError: the file cannot be read, or lacks a required column.
    """
    try:
        with pq.ParquetFile(path) as file:
            theirs = file.schema_arrow.names
            mapping = map_columns(table, given)
            wanted = [name for name in theirs if name in mapping.ours]
            rows = file.iter_batches(BATCH_ROWS, columns=wanted)
            yield from batches_of(rows, table, mapping, theirs, path.name, file.metadata.num_rows, given.time_unit)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is not a whole Parquet file: {error}") from None


def batches_of(
    rows: Iterable[pa.RecordBatch],
    table: Table,
    mapping: Mapping,
    theirs: list[str],
    file: str,
    n_rows: int,
    time_unit: TimeUnit = "ms",
) -> Iterator[Batch]:
    """Arrow record batches as batches of one table.

    Args:
        rows: with the mapped columns only.
        table: what they are rows of.
        mapping: their names to ours.
        theirs: all column names of the source.
        file: named in rejects.
        n_rows: how many there are, for progress.
        time_unit: of times that are numbers.
    """
    faults = header_faults(mapping, table, theirs, file, 1)
    first = 1
    for record in rows:
        columns = {
            mapping.ours[name]: plain(record.column(name), table.column(mapping.ours[name]).kind)
            for name in record.schema.names
        }
        columns |= mapping.constant_columns(len(record))
        lines = np.arange(first, first + len(record), dtype=np.int64)
        first += len(record)
        yield Batch(
            columns=columns, lines=lines, file=file, faults=faults, done=(first - 1) / max(n_rows, 1),
            time_unit=time_unit,
        )  # fmt: skip
        faults = []
    if faults:
        yield Batch(columns={}, lines=np.empty(0, np.int64), file=file, faults=faults)


def plain(array: pa.Array, wanted: Kind) -> pa.Array:
    """Text, a number, a flag or a time: dictionaries are unpacked, NaN is unknown; for JSON, nested values are text."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return plain(array.dictionary_decode(), wanted)
    if pa.types.is_nested(kind) and wanted == "json":
        return pa.array(
            [None if one is None else json.dumps(one, default=str) for one in array.to_pylist()], pa.string()
        )
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return array.cast(pa.string())
    if pa.types.is_floating(kind):
        array = array.cast(pa.float64())
        return pc.if_else(pc.is_nan(array), pa.scalar(None, pa.float64()), array)
    if pa.types.is_decimal(kind):
        return array.cast(pa.float64())
    return array
