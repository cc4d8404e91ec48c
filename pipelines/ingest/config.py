"""Where the tables come from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from recsys.errors import ConfigError, require
from recsys.schema import TABLES

Scalar = str | bool | int | float


@dataclass(frozen=True, kw_only=True)
class FileConfig:
    """One table's file, or several of the same form when the name holds a `*`."""

    path: Path
    format: Literal["auto", "csv", "jsonl", "parquet"] = "auto"
    """`auto` goes by the name's ending: .csv, .tsv, .jsonl, .ndjson, .parquet; .gz after the first four."""
    columns: dict[str, str] = field(default_factory=dict)
    """Our column = theirs. Without any, their names are taken as ours."""
    constants: dict[str, Scalar] = field(default_factory=dict)
    """Our column = one value for every row."""
    ignore: tuple[str, ...] = ()
    """Their columns to pass over without a word; "*" is all that are not known."""
    time_unit: Literal["iso", "s", "ms"] = "iso"
    """ISO 8601 (without an offset it is UTC), or seconds or milliseconds since 1970."""
    delimiter: str = ","
    """Between two fields of a CSV file; a .tsv file has tabs."""

    def __post_init__(self) -> None:
        require(
            len(self.delimiter) == 1 and self.delimiter not in '"\r\n',
            f"delimiter is {self.delimiter!r}; it must be one character, not a quote or a line end",
            ConfigError,
        )
        named = list(self.columns.values())
        twice = sorted({name for name in named if named.count(name) > 1})
        require(not twice, f"columns names {', '.join(twice)} twice; one of theirs can feed one of ours", ConfigError)
        both = sorted(set(self.columns) & set(self.constants))
        require(not both, f"{', '.join(both)} stands in both columns and constants; keep one", ConfigError)


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """Where ingest reads: files of the owner's own form, a public data set, a folder of tables, or the store."""

    kind: Literal["files", "dataset", "tables", "store"] = "files"
    name: str = ""
    """Which data set; only for kind "dataset"."""
    path: Path | None = None
    """The data set's folder, fetched where it is not given; or the folder of tables."""
    options: dict[str, Scalar] = field(default_factory=dict)
    """Handed to the data set's reader; a folder among them is relative to `path`."""
    max_field_bytes: int = 1_000_000
    """A longer field of a file is refused."""
    memory_mb: int = 1000
    """What sorting may hold before it goes to disk."""
    max_rejects: int = 1000
    """How many rows of each reason the rejects file shows; all are counted."""
    videos: FileConfig | None = None
    tags: FileConfig | None = None
    tag_names: FileConfig | None = None
    taggings: FileConfig | None = None
    tag_occurrences: FileConfig | None = None
    viewers: FileConfig | None = None
    viewer_tags: FileConfig | None = None
    events: FileConfig | None = None

    def __post_init__(self) -> None:
        for name in ("max_field_bytes", "max_rejects", "memory_mb"):
            value = getattr(self, name)
            require(value >= 1, f"source.{name} is {value}; it must be at least 1", ConfigError)
        require(
            self.kind == "files" or not self.files,
            f"source.kind is {self.kind!r}, which reads no files; drop source.{next(iter(self.files), '')}",
            ConfigError,
        )
        for table, given in self.files.items():
            _check_columns(table, given)

    @property
    def files(self) -> dict[str, FileConfig]:
        """The file of each table that has one."""
        return {name: getattr(self, name) for name in TABLES if getattr(self, name) is not None}


def _check_columns(table: str, given: FileConfig) -> None:
    for name in (*given.columns, *given.constants):
        known = TABLES[table].names
        message = f"source.{table}: {table} has no column {name!r}; it has {', '.join(known)}"
        require(name in known, message, ConfigError)
