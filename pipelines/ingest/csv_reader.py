"""CSV files as batches of text columns. The csv module parses, so quoted line ends and CRLF are its business."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.ingest.batch import BATCH_ROWS, Batch, Batches, Fault
from pipelines.ingest.config import FileConfig
from pipelines.ingest.mapping import Mapping, header_faults, map_columns
from pipelines.ingest.text_file import NOT_UTF8, TextFile, is_clean, open_text
from recsys.schema import Table

LINE_END = re.compile(r"\r\n|\r|\n")


def read_csv(path: Path, table: Table, given: FileConfig, max_field_bytes: int) -> Batches:
    """Every row of one CSV file; the first line names the columns.

    Raises:
        DataError: the file cannot be read, or the header lacks a required column.
    """
    delimiter = "\t" if ".tsv" in path.suffixes and given.delimiter == "," else given.delimiter
    mapping = map_columns(table, given)
    with open_text(path, newline="") as file, _field_limit(max_field_bytes):
        reader = csv.reader(file.lines(max_field_bytes), delimiter=delimiter)
        header = next((row for row in reader if row), None)
        if header is None:
            return
        faults = header_faults(mapping, table, header, path.name, reader.line_num)
        while True:
            batch, ended = _next_batch(reader, header, mapping, faults, file, path.name, given)
            yield batch
            if ended:
                return
            faults = []


@contextmanager
def _field_limit(limit: int) -> Iterator[None]:
    """The csv module keeps one limit for the whole process; put it back afterwards."""
    before = csv.field_size_limit(limit)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _next_batch(
    reader: Any, header: list[str], mapping: Mapping, faults: list[Fault], file: TextFile, name: str, given: FileConfig
) -> tuple[Batch, bool]:
    """One batch, and whether the file ended with it. A row that cannot be parsed ends a batch early."""
    first = reader.line_num + 1
    rows: list[list[str]] = []
    unreadable: list[Fault] = []
    try:
        rows.extend(islice(reader, BATCH_ROWS))  # what was read before an error stays in the list
        ended = len(rows) < BATCH_ROWS
    except csv.Error as error:
        ended = False
        start = first + sum(_height(row) for row in rows)
        unreadable = [Fault(start, str(error))]
    lines = _lines(rows, first, first + len(rows) - 1 if unreadable else reader.line_num)
    rows, lines, ragged = _regular(rows, lines, len(header))
    columns, lines, garbled = _columns(rows, lines, header, mapping)
    columns |= mapping.constant_columns(len(lines))
    batch = Batch(
        columns=columns, lines=lines, file=name, faults=[*faults, *ragged, *garbled, *unreadable],
        done=file.done(), time_unit=given.time_unit,
    )  # fmt: skip
    return batch, ended


def _height(row: list[str]) -> int:
    """How many physical lines a row takes."""
    return 1 + sum(len(LINE_END.findall(value)) for value in row if "\n" in value or "\r" in value)


def _lines(rows: list[list[str]], first: int, last: int) -> NDArray[np.int64]:
    """(n,) the physical line on which each row starts, when they fill the lines from `first` to `last`."""
    if last - first + 1 == len(rows):
        return np.arange(first, last + 1, dtype=np.int64)
    heights = np.array([_height(row) for row in rows], np.int64)
    return first + np.cumsum(heights) - heights


def _regular(
    rows: list[list[str]], lines: NDArray[np.int64], width: int
) -> tuple[list[list[str]], NDArray[np.int64], list[Fault]]:
    """Without blank lines, and without rows that are longer or shorter than the header."""
    widths = np.fromiter(map(len, rows), np.int64, len(rows))
    good = widths == width
    if good.all():
        return rows, lines, []
    reason = f"has another number of fields than the header's {width}"
    faults = [
        Fault(int(lines[at]), reason, value=",".join(rows[at])[:200]) for at in np.flatnonzero(~good & (widths > 0))
    ]
    return [rows[at] for at in np.flatnonzero(good)], lines[good], faults


def _columns(
    rows: list[list[str]], lines: NDArray[np.int64], header: list[str], mapping: Mapping
) -> tuple[dict[str, pa.Array], NDArray[np.int64], list[Fault]]:
    """Rows to text columns; rows that hold bytes which are not UTF-8 become faults."""
    values = list(zip(*rows, strict=True)) or [()] * len(header)
    used = [(at, mapping.ours[name]) for at, name in enumerate(header) if name in mapping.ours]
    try:
        return {name: pa.array(values[at], pa.string()) for at, name in used}, lines, []
    except UnicodeEncodeError:
        faults = [_garbled(row, int(line), header) for row, line in zip(rows, lines, strict=True)]
        clean = [at for at, fault in enumerate(faults) if fault is None]
        columns, kept, _ = _columns([rows[at] for at in clean], lines[clean], header, mapping)
        return columns, kept, [fault for fault in faults if fault is not None]


def _garbled(row: list[str], line: int, header: list[str]) -> Fault | None:
    for name, value in zip(header, row, strict=True):
        if not is_clean(value):
            return Fault(line, NOT_UTF8, field=name, value=value.encode(errors="backslashreplace").decode())
    return None
