"""Parquet files that grow by pieces of any size, in row groups of one size."""

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

NEVER_REPEATED = ("event_id", "occurred_at", "received_at")
"""Columns kept plain; a dictionary of values that never repeat would only cost."""


class PieceWriter:
    """One file. Pieces wait until they fill a row group; leaving the `with` block writes the rest and closes."""

    def __init__(self, path: Path, schema: pa.Schema, rows_at_once: int) -> None:
        """Open the file.

        Args:
            path: written at once, even if no piece comes.
            schema: of every piece.
            rows_at_once: rows of a row group, and about how many wait in memory.
        """
        repeated = [name for name in schema.names if name not in NEVER_REPEATED]
        self._file = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=repeated)
        self._waiting: list[pa.Table] = []
        self._rows_at_once = rows_at_once

    def add(self, piece: pa.Table) -> None:
        """Take the next rows."""
        self._waiting.append(piece)
        if sum(len(one) for one in self._waiting) >= self._rows_at_once:
            self._write(whole_groups_only=True)

    def __enter__(self) -> "PieceWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None and self._waiting:
            self._write(whole_groups_only=False)
        self._file.close()

    def _write(self, whole_groups_only: bool) -> None:
        rows = pa.concat_tables(self._waiting)
        size = self._rows_at_once
        n = len(rows) // size * size if whole_groups_only else len(rows)
        if n:
            self._file.write_table(rows.slice(0, n), row_group_size=size)
        self._waiting = [rows.slice(n)] if n < len(rows) else []
