"""A set of tables (videos, tags, taggings, events, …) in memory and as a folder of Parquet files."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.errors import DataError, require
from recsys.schema import TABLES, Table

ARROW_TYPES = {
    "id": pa.string(), "text": pa.string(), "choice": pa.string(), "json": pa.string(),
    "time": pa.timestamp("ms", tz="UTC"), "real": pa.float64(), "whole": pa.int64(), "flag": pa.bool_(),
}  # fmt: skip


def arrow_schema(table: Table) -> pa.Schema:
    """The Parquet schema of one table."""
    return pa.schema([(column.name, ARROW_TYPES[column.kind]) for column in table.columns])


def frame(table: Table, columns: Mapping[str, object] | pd.DataFrame) -> pd.DataFrame:
    """A frame with all of a table's columns in order, absent ones filled with their default or left unknown.

    Raises:
        DataError: a column that the table does not have.
    """
    given = pd.DataFrame(columns) if not isinstance(columns, pd.DataFrame) else columns
    unknown = sorted(set(given.columns) - set(table.names))
    require(not unknown, f"{table.name} has no column {', '.join(unknown)}; it has {', '.join(table.names)}")
    arrays = []
    for column in table.columns:
        kind = ARROW_TYPES[column.kind]
        if column.name not in given:
            arrays.append(pa.array([column.default] * len(given), kind))
            continue
        array = pa.Array.from_pandas(given[column.name], type=kind)
        arrays.append(array if column.default is None else array.fill_null(column.default))
    return pa.table(arrays, schema=arrow_schema(table)).to_pandas()


def empty(name: str) -> pd.DataFrame:
    """The table of that name without a row."""
    return frame(TABLES[name], {})


@dataclass(frozen=True, eq=False, kw_only=True)
class Tables:
    """Frames whose columns are those of `schema.TABLES`, made by `frame`."""

    videos: pd.DataFrame = field(default_factory=lambda: empty("videos"))
    tags: pd.DataFrame = field(default_factory=lambda: empty("tags"))
    tag_names: pd.DataFrame = field(default_factory=lambda: empty("tag_names"))
    taggings: pd.DataFrame = field(default_factory=lambda: empty("taggings"))
    tag_occurrences: pd.DataFrame = field(default_factory=lambda: empty("tag_occurrences"))
    viewers: pd.DataFrame = field(default_factory=lambda: empty("viewers"))
    viewer_tags: pd.DataFrame = field(default_factory=lambda: empty("viewer_tags"))
    events: pd.DataFrame = field(default_factory=lambda: empty("events"))

    def write(self, folder: Path) -> None:
        """Write one `<table>.parquet` per table into an existing folder."""
        for one in fields(self):
            table = pa.Table.from_pandas(
                getattr(self, one.name), schema=arrow_schema(TABLES[one.name]), preserve_index=False
            )
            pq.write_table(table, folder / f"{one.name}.parquet", compression="zstd")

    @classmethod
    def read(cls, folder: Path) -> "Tables":
        """Read what `write`, ingest or the simulator wrote; a table without a file is empty.

        Raises:
            DataError: the folder holds no table at all.
        """
        found = {one: folder / f"{one}.parquet" for one in TABLES if (folder / f"{one}.parquet").exists()}
        require(
            bool(found), f"{folder} holds no tables; run `tagreel ingest` or `tagreel data simulate` first", DataError
        )
        return cls(**{name: frame(TABLES[name], pd.read_parquet(path)) for name, path in found.items()})
