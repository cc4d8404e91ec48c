"""What every reader hands on: some rows of one table, column by column, not yet checked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

TimeUnit = Literal["iso", "s", "ms"]
BATCH_ROWS = 131_072


@dataclass(frozen=True)
class Fault:
    """A row, or a header, that a reader cannot turn into values."""

    line: int
    """Where it starts, counted from 1."""
    reason: str
    field: str = ""
    value: str = ""
    is_row: bool = True
    """False for a fault of the header, which costs a column and no row."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Batch:
    """Rows as they came: text from CSV, any type from elsewhere."""

    columns: dict[str, pa.Array]
    """By our names, all of one length; columns that the source lacks are absent."""
    lines: NDArray[np.int64]
    """(n,) where each row starts, counted from 1: the physical line of a text file, else the row."""
    file: str
    faults: list[Fault] = field(default_factory=list)
    done: float | None = None
    """Which part of the file is read after this batch, 0 to 1."""
    time_unit: TimeUnit = "iso"


Batches = Iterator[Batch]
