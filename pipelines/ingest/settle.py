"""Staged rows to a finished table: repeats settled, sorted, in the canonical schema; DuckDB sorts, on disk if it must.

Every name that enters a statement here comes from `recsys.schema`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from pipelines.ingest.checks import FILE, LINE
from pipelines.ingest.circles import refused_tags
from pipelines.ingest.output import OUT_ROWS, write_table
from pipelines.ingest.rejects import RejectLog
from recsys.errors import DataError
from recsys.schema import Table

ORDER = {"events": ("occurred_at", "event_id")}
"""Sort columns; by its key where a table is not named."""
UNCOMPARED = {"events": ("received_at",)}
"""Columns in which a repeated row may differ and still be the same."""
CONFLICT = "repeats an earlier row's key with other values; the first stays"
MADE_EVENT_ID = "md5(concat_ws(chr(0), viewer_id, video_id, event_type, occurred_at))"
"""An event without an id gets one from what it says, so reading it again changes nothing."""


@dataclass(frozen=True)
class Settled:
    """What became of a table's staged rows."""

    kept: int
    repeated: int
    """Rows equal to an earlier one with their key: dropped."""
    refused: int
    """Rows that differ from an earlier one with their key, or break a rule over many rows: in the rejects file."""


@contextmanager
def sorter(folder: Path, memory_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB that keeps within a memory limit by spilling into `folder`."""
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = ?", [f"{memory_mb}MB"])
        connection.execute("SET temp_directory = ?", [str(folder)])
        connection.execute("SET preserve_insertion_order = false")
        try:
            yield connection
        except duckdb.OutOfMemoryException:
            message = f"source.memory_mb is {memory_mb}, too little to sort these rows even on disk; raise it"
            raise DataError(message) from None


def settle(
    connection: duckdb.DuckDBPyConnection,
    staged: Path,
    target: Path,
    table: Table,
    files: Sequence[str],
    log: RejectLog,
) -> Settled:
    """Write `target` from the staged rows.

    Args:
        connection: from `sorter`.
        staged: a Parquet file of `checks.staged_schema`.
        target: the finished Parquet file.
        table: what they are rows of.
        files: names by file number.
        log: gets the rows that conflict with an earlier one.
    """
    _stage(connection, staged, table)
    repeated, conflicts = _repeats(connection, table, files, log)
    broken = _refuse_tags(connection, files, log) if table.name == "tags" else 0
    order = ", ".join(ORDER.get(table.name, table.key))
    kept = connection.sql(
        f"SELECT {', '.join(table.names)} FROM staged ANTI JOIN dropped USING ({FILE}, {LINE}) ORDER BY {order}"
    )
    n = write_table(table, kept.to_arrow_reader(OUT_ROWS), target)
    return Settled(n, repeated, conflicts + broken)


def _stage(connection: duckdb.DuckDBPyConnection, staged: Path, table: Table) -> None:
    rows = connection.read_parquet(str(staged))
    if table.name == "events":
        rows = rows.project(f"* REPLACE (coalesce(event_id, {MADE_EVENT_ID}) AS event_id)")
    rows.create_view("staged", replace=True)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE dropped ({FILE} INTEGER, {LINE} BIGINT)")


def _repeats(
    connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str], log: RejectLog
) -> tuple[int, int]:
    """Drop all but the first row of each key; how many were equal to it, and how many were not."""
    key = ", ".join(table.key)
    compared = ", ".join(name for name in table.names if name not in UNCOMPARED.get(table.name, ()))
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE later AS
        WITH suspects AS (
            SELECT {FILE}, {LINE}, {key}, hash({compared}) AS said FROM staged
            WHERE hash({key}) IN (SELECT hash({key}) AS h FROM staged GROUP BY h HAVING count(*) > 1)
        )
        SELECT {FILE}, {LINE}, {table.key[0]} AS value, said = first_value(said) OVER same AS equal,
               row_number() OVER same AS place
        FROM suspects WINDOW same AS (PARTITION BY {key} ORDER BY {FILE}, {LINE})
        QUALIFY place > 1"""
    )
    connection.execute(f"INSERT INTO dropped SELECT {FILE}, {LINE} FROM later")
    counts = "SELECT count(*) FILTER (equal), count(*) FILTER (NOT equal) FROM later"
    n_equal, n_conflicts = connection.sql(counts).fetchall()[0]
    room = log.room(table.name, key, CONFLICT)
    query = f"SELECT {FILE}, {LINE}, value FROM later WHERE NOT equal ORDER BY {FILE}, {LINE} LIMIT ?"
    conflicts = connection.execute(query, [room]).fetchall()
    _log(conflicts, table.name, key, CONFLICT, files, log)
    log.add_unseen(n_conflicts - len(conflicts), table.name, key, CONFLICT)
    return n_equal, n_conflicts


def _refuse_tags(connection: duckdb.DuckDBPyConnection, files: Sequence[str], log: RejectLog) -> int:
    """Drop the tags whose parents or merges have no end."""
    columns = f"tag_id, parent_id, status, merged_into, {FILE}, {LINE}"
    given = connection.sql(
        f"SELECT {columns} FROM staged ANTI JOIN dropped USING ({FILE}, {LINE}) ORDER BY {FILE}, {LINE}"
    )
    tags = given.to_arrow_table()
    where = np.stack([tags[FILE].to_numpy(), tags[LINE].to_numpy()], axis=1)  # (n, 2)
    total = 0
    for field, rows, reason in refused_tags(tags):
        _log(
            [(*map(int, where[at]), tags["tag_id"][int(at)].as_py()) for at in rows], "tags", field, reason, files, log
        )
        connection.executemany("INSERT INTO dropped VALUES (?, ?)", [list(map(int, where[at])) for at in rows])
        total += len(rows)
    return total


def _log(
    rows: Sequence[tuple[int, int, str]], table: str, field: str, reason: str, files: Sequence[str], log: RejectLog
) -> None:
    for file, line, value in rows:
        log.add(table, files[file], np.array([line]), field, [str(value)], reason)
