"""The ingest step: rows are read, checked and staged; repeats are settled; sorted tables are put in place."""

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.config import PipelineConfig
from pipelines.ingest.bare_videos import add_bare_videos
from pipelines.ingest.checks import checked, staged_schema
from pipelines.ingest.output import write_table
from pipelines.ingest.rejects import RejectLog
from pipelines.ingest.settle import settle, sorter
from pipelines.ingest.sources import Readers, opened
from pipelines.ingest.summary import IngestSummary, TableCount
from pipelines.progress import Progress, quiet
from pipelines.workspace import content_hash, replacing
from recsys.schema import TABLES, Table

REJECTS = "rejects.csv"


def ingest(config: PipelineConfig, progress: Progress = quiet, strict: bool = False) -> IngestSummary:
    """Read the source into the workspace's `tables/`, or leave that as it was when anything fails.

    Args:
        config: the source and the workspace.
        progress: told which file is read.
        strict: fail at the first bad row.

    Raises:
        ConfigError: the source lacks a setting.
        DataError: a file cannot be read at all, or with `strict` a row is bad.
    """
    target = config.folders.tables
    with replacing(target) as folder:
        log = RejectLog(folder / REJECTS, config.source.max_rejects, strict)
        try:
            with opened(config.source, config.store.address, progress) as readers:
                counts = {
                    name: _ingest_table(table, readers.get(name, {}), folder, config.source.memory_mb, log, progress)
                    for name, table in TABLES.items()
                }
        finally:
            log.close()
        progress("completing videos", None)
        bare = add_bare_videos(folder)
        digest = content_hash(folder, "*.parquet")
    return IngestSummary(
        folder=str(target), tables=counts, rejects=dict(log.counts), bare_videos=bare, content_hash=digest
    )


def _ingest_table(
    table: Table, readers: Readers, folder: Path, memory_mb: int, log: RejectLog, progress: Progress
) -> TableCount:
    if not readers:
        write_table(table, [], folder / f"{table.name}.parquet")
        return TableCount()
    work = folder / "work"
    work.mkdir()
    count = _stage(table, readers, work / "staged.parquet", log, progress)
    progress(f"sorting {table.name}", None)
    with sorter(work, memory_mb) as connection:
        settled = settle(
            connection, work / "staged.parquet", folder / f"{table.name}.parquet", table, list(readers), log
        )
    shutil.rmtree(work)
    return replace(count, kept=settled.kept, repeated=settled.repeated, rejected=count.rejected + settled.refused)


def _stage(table: Table, readers: Readers, staged: Path, log: RejectLog, progress: Progress) -> TableCount:
    """Write the good rows of all of a table's files, in the order read."""
    read = rejected = 0
    with pq.ParquetWriter(staged, staged_schema(table), compression="lz4") as writer:
        for number, (name, reader) in enumerate(readers.items()):
            for batch in reader():
                progress(f"reading {name}", batch.done)
                unreadable = log.add_faults(table.name, batch)
                rows: pa.Table = checked(batch, number, table, log)
                writer.write_table(rows)
                read += len(batch.lines) + unreadable
                rejected += len(batch.lines) - len(rows) + unreadable
    return TableCount(read=read, rejected=rejected)
