"""Delimited text files as columns of strings that remember their line, so that an error can name it."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys.errors import DataError, require


@dataclass(frozen=True, eq=False)
class DelimitedFile:
    """The cells of one file, column by column."""

    path: Path
    cells: dict[str, list[str]]
    lines: list[int]  # the line, from 1, that each row ends on

    def __len__(self) -> int:
        return len(self.lines)

    def text(self, column: str) -> NDArray[np.object_]:
        """(n_rows,) the cells as strings, stripped of blanks around them."""
        return np.array([cell.strip() for cell in self.cells[column]], object)

    def ids(self, column: str) -> NDArray[np.object_]:
        """(n_rows,) the cells as ids; DataError names the line of an empty one."""
        values = self.text(column)
        self._refuse(np.array([not one for one in values], bool), column, "an id may not be empty")
        return values

    def reals(self, column: str) -> NDArray[np.float64]:
        """(n_rows,) the cells as finite numbers; DataError names the line of one that is not."""
        values = np.array([_real(cell) for cell in self.cells[column]], np.float64)
        self._refuse(~np.isfinite(values), column, "it must be a finite number")
        return values

    def wholes(self, column: str, low: int = 0) -> NDArray[np.int64]:
        """(n_rows,) the cells as whole numbers of at least `low`; DataError names the line of one that is not."""
        values = self.reals(column)
        self._refuse((values != np.floor(values)) | (values < low), column, f"it must be a whole number from {low}")
        return values.astype(np.int64)

    def _refuse(self, bad: NDArray[np.bool_], column: str, rule: str) -> None:
        if not bad.any():
            return
        row = int(np.flatnonzero(bad)[0])
        raise DataError(f"{self.path} line {self.lines[row]}: {column} is {self.cells[column][row]!r}; {rule}")


def read_delimited(
    path: Path,
    separator: str,
    columns: tuple[str, ...] | None = None,
    encoding: str = "utf-8",
    quoted: bool = False,
    header: bool = True,
) -> DelimitedFile:
    """Read a whole file; empty lines are passed over.

    Args:
        path: the file.
        separator: one character between cells.
        columns: names of the columns in order, for a file without a header; with a header, columns it must have.
        encoding: `latin-1` for the HetRec sets and GroupLens's older ones.
        quoted: whether cells may stand in double quotes.
        header: whether the first line names the columns.

    Raises:
        DataError: no such file, bytes of another encoding, a missing column, or a line with too few or many cells.
    """
    require(path.is_file(), f"{path} is missing; `tagreel data list` says which files the data set needs")
    try:
        with path.open(encoding=encoding, newline="") as file:
            reader = csv.reader(file, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
            names = tuple(next(reader, [])) if header else columns or ()
            rows, lines = _rows(reader, path, len(names))
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not {encoding}: {error}") from error
    lacking = [one for one in columns or () if one not in names]
    require(not lacking, f"{path} has no column {', '.join(lacking)}; its columns are {', '.join(names) or 'none'}")
    cells = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    return DelimitedFile(path, cells, lines)


def _rows(reader, path: Path, n_columns: int) -> tuple[list[list[str]], list[int]]:  # type: ignore[no-untyped-def]
    rows, lines = [], []
    for row in reader:
        if not any(row):
            continue
        where = f"{path} line {reader.line_num}"
        require(len(row) == n_columns, f"{where} has {len(row)} cells; it must have {n_columns}")
        rows.append(row)
        lines.append(reader.line_num)
    return rows, lines


def _real(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
