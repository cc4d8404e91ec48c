"""Arrow tables in the columns of `schema.TABLES`: numbered ids as strings, times as UTC timestamps."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.schema import TABLES
from recsys.tables import ARROW_TYPES, arrow_schema


def table(name: str, columns: Mapping[str, pa.Array]) -> pa.Table:
    """One of `schema.TABLES`; columns not given are unknown."""
    return of_schema(arrow_schema(TABLES[name]), columns)


def of_schema(schema: pa.Schema, columns: Mapping[str, pa.Array]) -> pa.Table:
    """A table of a schema; columns not given are unknown."""
    n_rows = len(next(iter(columns.values())))
    arrays = [columns.get(one.name, pa.nulls(n_rows, one.type)).cast(one.type) for one in schema]
    return pa.table(arrays, schema=schema)


def ids(prefix: str, numbers: np.ndarray, width: int) -> pa.Array:
    """Strings that sort as their numbers do.

    >>> ids("video", np.array([7]), 4).to_pylist()
    ['video-0007']
    """
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "-")


def all_ids(prefix: str, n: int) -> pa.Array:
    """The ids of n things, in row order."""
    return ids(prefix, np.arange(n), len(str(n - 1)))


def times(ms: np.ndarray) -> pa.Array:
    """UTC timestamps of ms since 1970."""
    return pa.array(ms, pa.int64()).cast(ARROW_TYPES["time"])


def pick(words: Sequence[str] | pa.Array, at: np.ndarray) -> pa.Array:
    """The words at these positions."""
    array = words if isinstance(words, pa.Array) else pa.array(words, pa.string())
    return array.take(pa.array(at))


def repeated(word: str, n: int) -> pa.Array:
    """One word n times."""
    return pa.repeat(pa.scalar(word), n)


def reals(values: np.ndarray) -> pa.Array:
    """Numbers, unknown where NaN."""
    return pa.array(values, pa.float64(), from_pandas=True)
