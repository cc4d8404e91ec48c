"""What a good row is: each column of its kind and range, and no range that ends before it starts."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.ingest.batch import Batch
from pipelines.ingest.kinds import Problem, converted
from pipelines.ingest.numbers import mask
from pipelines.ingest.rejects import RejectLog, shown
from recsys.schema import RANGES, Table
from recsys.tables import ARROW_TYPES

FILE, LINE = "_file", "_line"
"""Where a row came from, kept until repeats are settled."""


def staged_schema(table: Table) -> pa.Schema:
    """A table's columns with times as int64 ms, and where each row came from."""
    columns = [(one.name, pa.int64() if one.kind == "time" else ARROW_TYPES[one.kind]) for one in table.columns]
    return pa.schema([*columns, (FILE, pa.int32()), (LINE, pa.int64())])


def checked(batch: Batch, file_number: int, table: Table, log: RejectLog) -> pa.Table:
    """The good rows of a batch; the others go to the log, each with its first problem.

    Args:
        batch: rows as they came.
        file_number: which file of the table it is, from 0.
        table: what they are rows of.
        log: gets the bad ones.
    """
    n = len(batch.lines)
    bad = np.zeros(n, bool)
    columns: dict[str, pa.Array] = {}
    for column in table.columns:
        raw = batch.columns.get(column.name, pa.nulls(n, pa.string()))
        if column.name not in batch.columns and column.required:
            columns[column.name] = raw  # made later, see `mapping.MADE_IF_ABSENT`
            continue
        columns[column.name], problems = converted(raw, column, batch.time_unit)
        for problem in problems:
            _refuse(problem, bad, batch, table, column.name, raw, log)
    _check_range(columns, bad, batch, table, log)
    columns |= {FILE: pa.repeat(pa.scalar(file_number, pa.int32()), n), LINE: pa.array(batch.lines, pa.int64())}
    rows = pa.table(columns, schema=staged_schema(table))
    return rows.filter(pa.array(~bad)) if bad.any() else rows


def _refuse(
    problem: Problem, bad: NDArray[np.bool_], batch: Batch, table: Table, field: str, raw: pa.Array, log: RejectLog
) -> None:
    wrong, reason = problem
    fresh = np.flatnonzero(wrong & ~bad)
    if len(fresh):
        values = shown(raw, fresh[: log.room(table.name, field, reason)])
        log.add(table.name, batch.file, batch.lines[fresh], field, values, reason)
        bad[fresh] = True


def _check_range(
    columns: dict[str, pa.Array], bad: NDArray[np.bool_], batch: Batch, table: Table, log: RejectLog
) -> None:
    if table.name not in RANGES:
        return
    start, end = RANGES[table.name]
    wrong = mask(pc.greater(columns[start], columns[end]))
    raw = batch.columns.get(end)
    if raw is not None:
        _refuse((wrong, f"lies before {start}"), bad, batch, table, end, raw, log)
