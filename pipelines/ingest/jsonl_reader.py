"""JSON Lines files as batches: one object a line."""

from itertools import islice
from json import JSONDecoder
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.ingest.batch import BATCH_ROWS, Batch, Batches, Fault
from pipelines.ingest.config import FileConfig
from pipelines.ingest.json_values import json_column
from pipelines.ingest.mapping import MADE_IF_ABSENT, Mapping, map_columns, unknown_reason
from pipelines.ingest.text_file import NOT_UTF8, is_clean, open_text
from recsys.schema import Table

Row = dict[str, Any]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


DECODE = JSONDecoder(parse_constant=_refuse_constant).decode


def read_jsonl(path: Path, table: Table, given: FileConfig, max_field_bytes: int) -> Batches:
    """Every row of one JSON Lines file; a row with an unknown key is a fault.

    Raises:
        DataError: the file cannot be read.
    """
    mapping = map_columns(table, given)
    with open_text(path, newline="\n") as file:
        texts = file.lines(max_field_bytes)
        first = 1
        while chunk := list(islice(texts, BATCH_ROWS)):
            rows, lines, faults = _rows(chunk, first)
            rows, lines = _known(rows, lines, table, mapping, faults)
            columns, lines = _columns(rows, lines, table, mapping, faults)
            columns |= mapping.constant_columns(len(lines))
            yield Batch(
                columns=columns, lines=lines, file=path.name, faults=faults, done=file.done(),
                time_unit=given.time_unit,
            )  # fmt: skip
            first += len(chunk)


def _rows(chunk: list[str], first: int) -> tuple[list[Row], NDArray[np.int64], list[Fault]]:
    """The objects of some lines and the lines they stand on."""
    lines = np.arange(first, first + len(chunk), dtype=np.int64)
    try:
        rows = list(map(DECODE, chunk))
        if set(map(type, rows)) <= {dict}:
            return rows, lines, []
    except (ValueError, RecursionError):
        pass
    outcomes = [_row(text, int(line)) for text, line in zip(chunk, lines, strict=True)]
    rows = [one for one in outcomes if isinstance(one, dict)]
    faults = [one for one in outcomes if isinstance(one, Fault)]
    return rows, lines[[isinstance(one, dict) for one in outcomes]], faults


def _row(text: str, line: int) -> Row | Fault | None:
    """One object, or what is wrong with it; None for a blank line."""
    if not text.strip():
        return None
    if not is_clean(text):
        return Fault(line, NOT_UTF8, value=text.encode(errors="backslashreplace").decode()[:200])
    try:
        row = DECODE(text)
    except RecursionError:
        return Fault(line, "is JSON nested too deep", value=text[:200])
    except ValueError as error:
        return Fault(line, f"is not a JSON object: {getattr(error, 'msg', error)}", value=text.strip()[:200])
    return row if isinstance(row, dict) else Fault(line, "is JSON, but not an object", value=text.strip()[:200])


def _known(
    rows: list[Row], lines: NDArray[np.int64], table: Table, mapping: Mapping, faults: list[Fault]
) -> tuple[list[Row], NDArray[np.int64]]:
    """Without the rows that have an unknown key."""
    unknown = set(mapping.unknown(list(set().union(*rows))))
    if not unknown:
        return rows, lines
    keep = [unknown.isdisjoint(row) for row in rows]
    for row, line, kept in zip(rows, lines, keep, strict=True):
        if not kept:
            name = min(unknown.intersection(row))
            faults.append(Fault(int(line), unknown_reason(table, name), field=name, value=str(row[name])[:200]))
    return [row for row, kept in zip(rows, keep, strict=True) if kept], lines[keep]


def _columns(
    rows: list[Row], lines: NDArray[np.int64], table: Table, mapping: Mapping, faults: list[Fault]
) -> tuple[dict[str, pa.Array], NDArray[np.int64]]:
    """Objects to columns; a row with a value of the wrong type becomes a fault."""
    columns: dict[str, pa.Array] = {}
    bad = np.zeros(len(rows), bool)
    for theirs, ours in mapping.ours.items():
        if ours in MADE_IF_ABSENT and not any(theirs in row for row in rows):
            continue
        values = [row.get(theirs) for row in rows]
        columns[ours], wrong = json_column(values, table.column(ours).kind)
        for at, reason in wrong.items():
            if not bad[at]:
                faults.append(Fault(int(lines[at]), reason, field=theirs, value=repr(values[at])[:200]))
                bad[at] = True
    if not bad.any():
        return columns, lines
    good = pa.array(np.flatnonzero(~bad))
    return {name: array.take(good) for name, array in columns.items()}, lines[~bad]
