"""Times of any accepted form to ms since 1970 UTC, all rows at once."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.ingest.batch import TimeUnit
from pipelines.ingest.numbers import mask, parsed_reals

ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?\s?(Z|z|[+-]\d{2}(:?\d{2})?)?)?$"
END = int(datetime(2101, 1, 1, tzinfo=UTC).timestamp() * 1000)
NOT_ISO = (
    'is not a time such as 2026-01-31T20:15:00Z; for seconds or milliseconds since 1970 set time_unit to "s" or "ms"'
)
NOT_EPOCH = 'is not a number of {}; for ISO 8601 set time_unit to "iso"'


def parsed_times(raw: pa.Array, unit: TimeUnit) -> tuple[pa.Array, list[tuple[NDArray[np.bool_], str]]]:
    """Times as int64 ms, and the problems: not a time, or outside the years 1970 to 2100.

    Args:
        raw: Arrow times (without a zone they are UTC), text or numbers.
        unit: `iso` reads text, an absent offset is UTC; `s` and `ms` read numbers, also in text.
    """
    if pa.types.is_temporal(raw.type):
        return _in_range(_ms(raw), "")
    if unit == "iso":
        if not pa.types.is_string(raw.type):
            return pa.nulls(len(raw), pa.int64()), [(mask(pc.is_valid(raw)), NOT_ISO)]
        array, wrong = _iso(raw)
        array, late = _in_range(array, "")
        return array, [(wrong, NOT_ISO), *late]
    reals, wrong = parsed_reals(raw)
    wrong = wrong | mask(pc.invert(pc.is_finite(reals)))
    array, late = _epoch(reals, 1000.0 if unit == "s" else 1.0, '; is time_unit "ms" meant?' if unit == "s" else "")
    return array, [(wrong, NOT_EPOCH.format("seconds" if unit == "s" else "milliseconds")), *late]


def _iso(raw: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Fast where all values are well-formed and all have an offset, or none has."""
    for kind in (pa.timestamp("us", tz="UTC"), pa.timestamp("us")):
        try:
            return _ms(raw.cast(kind)), np.zeros(len(raw), bool)
        except pa.ArrowInvalid:
            continue
    trimmed = pc.utf8_trim_whitespace(raw)
    fits = pc.match_substring_regex(trimmed, ISO)
    kept = pc.if_else(fits, trimmed, pa.scalar(None, pa.string()))
    stamps = pd.to_datetime(kept.to_pandas(), utc=True, format="ISO8601", errors="coerce")
    array = _ms(pa.Array.from_pandas(stamps))
    return array, mask(pc.and_(pc.is_valid(raw), pc.is_null(array)))


def _ms(times: pa.Array) -> pa.Array:
    zone = times.type.tz if pa.types.is_timestamp(times.type) else None
    return times.cast(pa.timestamp("ms", tz=zone), safe=False).cast(pa.int64())


def _epoch(reals: pa.Array, scale: float, hint: str) -> tuple[pa.Array, list[tuple[NDArray[np.bool_], str]]]:
    scaled = pc.round(pc.multiply(reals, scale))
    inside = pc.and_(pc.greater_equal(scaled, 0), pc.less(scaled, END))
    kept = pc.if_else(inside, scaled, pa.scalar(None, pa.float64()))
    return kept.cast(pa.int64()), [(mask(pc.invert(inside)), f"lies outside the years 1970 to 2100{hint}")]


def _in_range(array: pa.Array, hint: str) -> tuple[pa.Array, list[tuple[NDArray[np.bool_], str]]]:
    outside = pc.or_(pc.less(array, 0), pc.greater_equal(array, END))
    return array, [(mask(outside), f"lies outside the years 1970 to 2100{hint}")]
