import csv

import pyarrow.parquet as pq
import pytest

from pipelines.ingest.config import FileConfig
from pipelines.ingest.run import ingest


class Outcome:
    """What one ingest left in its workspace."""

    def __init__(self, config, summary):
        self.folder, self.summary = config.folders.tables, summary

    def rows(self, table):
        return pq.read_table(self.folder / f"{table}.parquet").to_pylist()

    def column(self, table, name):
        return [row[name] for row in self.rows(table)]

    @property
    def rejects(self):
        """(line, field, reason) of every reject."""
        with (self.folder / "rejects.csv").open(newline="") as file:
            return [(int(one["line"]), one["field"], one["reason"]) for one in csv.DictReader(file)]


@pytest.fixture
def ingest_text(tmp_path, make_config):
    """Ingest one file of one table: `ingest_text("events", "a.csv", text, **file settings)`."""

    def run(table, name, text, strict=False, source=None, **settings):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        config = make_config(**{table: FileConfig(path=path, **settings)}, **(source or {}))
        return Outcome(config, ingest(config, strict=strict))

    return run


@pytest.fixture
def outcome():
    """Ingest a config: `outcome(config)`."""
    return lambda config, **options: Outcome(config, ingest(config, **options))
