"""Bad rows: written with file, line and reason, counted in full, and with --strict an error at once."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.ingest.batch import Batch
from recsys.errors import DataError

COLUMNS = ("table", "file", "line", "field", "value", "reason")
VALUE_LENGTH = 200


class RejectLog:
    """The rejects file while it is written."""

    def __init__(self, path: Path, max_per_reason: int, strict: bool) -> None:
        """Start the file.

        Args:
            path: written at once, with the header.
            max_per_reason: rows beyond it are counted and not written.
            strict: raise at the first reject instead.
        """
        self.max_per_reason, self.strict = max_per_reason, strict
        self.counts: Counter[str] = Counter()
        """Rejects by "table.field reason"."""
        self._file = path.open("w", newline="", encoding="utf-8", errors="backslashreplace")
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def add(
        self, table: str, file: str, lines: NDArray[np.int64], field: str, values: Sequence[str], reason: str
    ) -> None:
        """Note rows refused for one reason; `values` may be shorter than `lines`, see `room`."""
        if not len(lines):
            return
        room = self.room(table, field, reason)
        self.counts[self._key(table, field, reason)] += len(lines)
        padded = [*values[:room], *[""] * (min(room, len(lines)) - len(values))]
        for line, value in zip(lines[:room], padded, strict=False):
            self._write(table, file, int(line), field, value, reason)

    def add_unseen(self, n: int, table: str, field: str, reason: str) -> None:
        """Count further rows of a reason for which there is no room."""
        if n:
            self.counts[self._key(table, field, reason)] += n

    def add_faults(self, table: str, batch: Batch) -> int:
        """Note what a reader found; returns how many rows that cost."""
        for fault in batch.faults:
            self.add(table, batch.file, np.array([fault.line]), fault.field, [fault.value], fault.reason)
        return sum(fault.is_row for fault in batch.faults)

    def room(self, table: str, field: str, reason: str) -> int:
        """How many more rows of a reason are written."""
        return max(self.max_per_reason - self.counts[self._key(table, field, reason)], 0)

    def _key(self, table: str, field: str, reason: str) -> str:
        return f"{table}.{field} {reason}" if field else f"{table}: {reason}"

    def _write(self, table: str, file: str, line: int, field: str, value: str, reason: str) -> None:
        value = value[:VALUE_LENGTH]
        if self.strict:
            where = f"{file}, line {line}: {field or 'the row'}"
            raise DataError(
                f"{where} {reason}; got {value!r}. Correct it, or run without --strict to set such rows aside"
            )
        self._writer.writerow((table, file, line, field, value, reason))


def shown(array: pa.Array, at: NDArray[np.int64]) -> list[str]:
    """The values at some positions as text."""
    return ["" if one is None else str(one) for one in array.take(pa.array(at)).to_pylist()]
