"""A public data set as a source: its reader's tables, checked like everything else."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import pyarrow as pa

from pipelines.ingest.arrow_rows import batches_of
from pipelines.ingest.batch import BATCH_ROWS, Batches
from pipelines.ingest.config import FileConfig, SourceConfig
from pipelines.ingest.mapping import map_columns
from pipelines.progress import Progress
from recsys.datasets.registry import DATA_SETS, data_set, fetch, read
from recsys.errors import ConfigError, require
from recsys.schema import TABLES, Table
from recsys.tables import Tables, arrow_schema


def dataset_readers(source: SourceConfig, progress: Progress) -> dict[str, dict[str, Callable[[], Batches]]]:
    """A reader for each table of the data set that `source` names.

    Raises:
        ConfigError: no such data set, or no such option of it.
        AssetError: no folder is given and the data set cannot be fetched.
    """
    require(bool(source.name), f"source.name is not set; it must be one of {', '.join(DATA_SETS)}", ConfigError)
    what = f"getting {source.name}"
    folder = (
        source.path
        or fetch(source.name, progress=lambda done, total: progress(what, done / total if total else None)).path
    )
    progress(f"reading {source.name}", None)
    tables = read(source.name, folder, **_options(source, folder))
    named = {one.name: getattr(tables, one.name) for one in fields(Tables)}
    return {
        name: {f"{source.name}.{name}": partial(_batches, TABLES[name], frame, f"{source.name}.{name}")}
        for name, frame in named.items()
        if len(frame)
    }


def _options(source: SourceConfig, folder: Path) -> dict[str, Any]:
    """The options, a folder among them relative to the data set's own."""
    reader: Any = data_set(source.name).read
    hints = get_type_hints(getattr(reader, "func", reader))
    takes_path = {name for name, hint in hints.items() if "Path" in str(hint)}
    return {name: folder / str(value) if name in takes_path else value for name, value in source.options.items()}


def _batches(table: Table, frame: Any, file: str) -> Batches:
    rows = pa.Table.from_pandas(frame, schema=arrow_schema(table), preserve_index=False)
    mapping = map_columns(table, FileConfig(path=Path()))
    yield from batches_of(rows.to_batches(BATCH_ROWS), table, mapping, list(table.names), file, len(rows))
