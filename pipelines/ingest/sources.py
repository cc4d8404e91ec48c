"""What ingest reads, by the kind of source: for each table, its files or streams, each giving batches."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pipelines.ingest.arrow_rows import read_parquet
from pipelines.ingest.batch import Batches
from pipelines.ingest.config import FileConfig, SourceConfig
from pipelines.ingest.csv_reader import read_csv
from pipelines.ingest.jsonl_reader import read_jsonl
from pipelines.progress import Progress
from recsys.errors import ConfigError, DataError, require
from recsys.schema import TABLES, Table

Reader = Callable[[], Batches]
Readers = dict[str, Reader]
"""By the name shown in progress and rejects."""
FORMATS: dict[str, str] = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
FOLDER_ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz")


@contextmanager
def opened(source: SourceConfig, store_url: str | None, progress: Progress) -> Iterator[Mapping[str, Readers]]:
    """The readers of each table; what they need stays open within the block.

    Raises:
        ConfigError: the source lacks a setting, or names something that is not there.
    """
    if source.kind == "files":
        require(bool(source.files), "nothing to read: set [source.events] path, or another source.kind", ConfigError)
        yield {name: file_readers(TABLES[name], given, source) for name, given in source.files.items()}
    elif source.kind == "tables":
        yield _folder_readers(source)
    elif source.kind == "dataset":
        from pipelines.ingest.dataset import dataset_readers

        yield dataset_readers(source, progress)
    else:
        from pipelines.ingest.store_rows import store_readers

        if store_url is None:
            raise ConfigError("source.kind is 'store', but store.url is not set")
        with store_readers(store_url) as readers:
            yield readers


def file_readers(table: Table, given: FileConfig, source: SourceConfig) -> Readers:
    """One reader for each file that a table's path names."""
    matches = sorted(given.path.parent.glob(given.path.name)) if "*" in given.path.name else [given.path]
    require(bool(matches), f"source.{table.name}.path: no file matches {given.path}", DataError)
    for path in matches:
        require(path.is_file(), f"source.{table.name}.path: {path} is not a file", DataError)
    return {path.name: partial(_read, path, table, given, source.max_field_bytes) for path in matches}


def _read(path: Path, table: Table, given: FileConfig, max_field_bytes: int) -> Batches:
    form = given.format if given.format != "auto" else _format(path)
    if form == "parquet":
        return read_parquet(path, table, given)
    return (read_csv if form == "csv" else read_jsonl)(path, table, given, max_field_bytes)


def _format(path: Path) -> str:
    ending = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    form = FORMATS.get(ending.lower())
    if form is None:
        known = ", ".join(FORMATS)
        raise ConfigError(f"{path.name} ends in none of {known} (.gz may follow); set format to csv, jsonl or parquet")
    return form


def _folder_readers(source: SourceConfig) -> dict[str, Readers]:
    """A folder with one `<table>.parquet`, `.csv` or `.jsonl` a table, as the simulator and ingest write it."""
    if source.path is None or not source.path.is_dir():
        raise ConfigError(f"source.path is {source.path}; it must be a folder of tables")
    readers = {}
    for name, table in TABLES.items():
        found = [path for ending in FOLDER_ENDINGS if (path := source.path / f"{name}{ending}").is_file()]
        require(len(found) < 2, f"{source.path} holds {name} twice: {', '.join(p.name for p in found)}", DataError)
        if found:
            readers[name] = file_readers(table, FileConfig(path=found[0]), source)
    require(bool(readers), f"{source.path} holds no tables such as events.parquet", DataError)
    return readers
