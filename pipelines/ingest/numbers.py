"""Text to numbers, all rows at once. The fast way is tried first; it fails only where some value is bad."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

REAL = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
WHOLE = r"^[+-]?\d{1,18}$"
EXACT = 2.0**53
"""Whole numbers up to here are exact as float64."""


def mask(flags: pa.Array) -> NDArray[np.bool_]:
    """(n,) an Arrow array of flags for numpy; null is False."""
    return flags.fill_null(False).to_numpy(zero_copy_only=False)


def parsed_reals(raw: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Text or numbers as float64, and which of them are no number; those are null."""
    return _parsed(raw, REAL, pa.float64())


def parsed_wholes(raw: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Text or numbers as int64, and which of them are no whole number; those are null."""
    if pa.types.is_floating(raw.type):
        whole = pc.and_(pc.equal(pc.floor(raw), raw), pc.less(pc.abs(raw), EXACT))
        kept = pc.if_else(whole, raw, pa.scalar(None, raw.type))
        return kept.cast(pa.int64()), mask(pc.is_valid(raw)) & ~mask(whole)
    return _parsed(raw, WHOLE, pa.int64())


def _parsed(raw: pa.Array, pattern: str, kind: pa.DataType) -> tuple[pa.Array, NDArray[np.bool_]]:
    try:
        return raw.cast(kind), np.zeros(len(raw), bool)
    except pa.ArrowInvalid:
        if not pa.types.is_string(raw.type):  # an unsigned number over int64's end
            return pa.nulls(len(raw), kind), mask(pc.is_valid(raw))
    trimmed = pc.utf8_trim_whitespace(raw)
    fits = pc.match_substring_regex(trimmed, pattern)
    kept = pc.if_else(fits, trimmed, pa.scalar(None, pa.string()))
    return kept.cast(kind), mask(pc.invert(fits))
