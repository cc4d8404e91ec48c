"""A column as it came to a column of its schema kind, all rows at once, with a note of those that cannot be."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.ingest.batch import TimeUnit
from pipelines.ingest.json_check import is_valid_json
from pipelines.ingest.numbers import mask, parsed_reals, parsed_wholes
from pipelines.ingest.times import parsed_times
from recsys.schema import MAX_ID_LENGTH, Column, Kind
from recsys.tables import ARROW_TYPES

Problem = tuple[NDArray[np.bool_], str]
"""(n,) the rows it concerns, and why they are refused."""
TRUE, FALSE = ("true", "1", "yes"), ("false", "0", "no")


def converted(raw: pa.Array, column: Column, time_unit: TimeUnit) -> tuple[pa.Array, list[Problem]]:
    """One column, typed.

    Args:
        raw: text, numbers, flags or times; an empty text is an unknown value.
        column: what it should be.
        time_unit: of times that are text or numbers.

    Returns:
        An array of the kind's type, but ms as int64 for times, with defaults filled in; and the problems.
    """
    if pa.types.is_null(raw.type):
        raw = pa.nulls(len(raw), pa.string())
    if pa.types.is_string(raw.type):
        raw = pc.if_else(pc.equal(raw, ""), pa.scalar(None, pa.string()), raw)
    array, problems = CONVERT[column.kind](raw, column, time_unit)
    if column.required:
        problems.append((mask(pc.is_null(raw)), "is empty; it is required"))
    elif column.default is not None:
        array = array.fill_null(column.default)
    return array, problems


def _text(raw: pa.Array, column: Column, _: TimeUnit) -> tuple[pa.Array, list[Problem]]:
    if pa.types.is_integer(raw.type):
        raw = raw.cast(pa.string())
    if not pa.types.is_string(raw.type):
        return _all_wrong(raw, column)
    problems = [(mask(pc.match_substring(raw, "\0")), "holds a NUL character")]
    if column.pattern is not None:
        allowed = column.pattern.replace("|", ", ")
        matches = pc.match_substring_regex(raw, f"^(?:{column.pattern})$")
        problems.append((mask(pc.invert(matches)), f"is not a source; it must match one of {allowed}"))
    return raw, problems


def _id(raw: pa.Array, column: Column, unit: TimeUnit) -> tuple[pa.Array, list[Problem]]:
    array, problems = _text(raw, column, unit)
    if not problems[0][1].startswith("is of type"):
        problems.append((mask(pc.utf8_is_space(array)), "is only spaces; an id is needed"))
        too_long = pc.greater(pc.utf8_length(array), MAX_ID_LENGTH)
        problems.append((mask(too_long), f"is longer than {MAX_ID_LENGTH} characters"))
    return array, problems


def _choice(raw: pa.Array, column: Column, unit: TimeUnit) -> tuple[pa.Array, list[Problem]]:
    if not pa.types.is_string(raw.type):
        return _all_wrong(raw, column)
    known = pc.or_(pc.is_in(raw, pa.array(column.choices)), pc.is_null(raw))
    return raw, [(mask(pc.invert(known)), f"must be one of {', '.join(column.choices)}")]


def _json(raw: pa.Array, column: Column, unit: TimeUnit) -> tuple[pa.Array, list[Problem]]:
    array, problems = _text(raw, column, unit)
    if pa.types.is_string(raw.type):
        problems.append((~is_valid_json(array), "is not valid JSON"))
    return array, problems


def _real(raw: pa.Array, column: Column, _: TimeUnit) -> tuple[pa.Array, list[Problem]]:
    if not (pa.types.is_string(raw.type) or pa.types.is_integer(raw.type) or pa.types.is_floating(raw.type)):
        return _all_wrong(raw, column)
    array, wrong = parsed_reals(raw)
    infinite = mask(pc.invert(pc.is_finite(array)))
    return array, [(wrong, "is not a number"), (infinite, "is not a finite number"), *_out_of_range(array, column)]


def _whole(raw: pa.Array, column: Column, _: TimeUnit) -> tuple[pa.Array, list[Problem]]:
    if not (pa.types.is_string(raw.type) or pa.types.is_integer(raw.type) or pa.types.is_floating(raw.type)):
        return _all_wrong(raw, column)
    array, wrong = parsed_wholes(raw)
    return array, [(wrong, "is not a whole number"), *_out_of_range(array, column)]


def _flag(raw: pa.Array, column: Column, _: TimeUnit) -> tuple[pa.Array, list[Problem]]:
    if pa.types.is_boolean(raw.type):
        return raw, []
    if not (pa.types.is_string(raw.type) or pa.types.is_integer(raw.type)):
        return _all_wrong(raw, column)
    lower = pc.utf8_lower(raw.cast(pa.string()))
    yes, no = pc.is_in(lower, pa.array(TRUE)), pc.is_in(lower, pa.array(FALSE))
    known = pc.or_(pc.or_(yes, no), pc.is_null(raw))
    array = pc.if_else(pc.is_null(raw), pa.scalar(None, pa.bool_()), yes)
    return array, [(mask(pc.invert(known)), f"is not a flag; it must be one of {', '.join(TRUE + FALSE)}")]


def _time(raw: pa.Array, column: Column, unit: TimeUnit) -> tuple[pa.Array, list[Problem]]:
    if pa.types.is_boolean(raw.type) or pa.types.is_time(raw.type) or pa.types.is_duration(raw.type):
        return pa.nulls(len(raw), pa.int64()), _all_wrong(raw, column)[1]
    return parsed_times(raw, unit)


def _out_of_range(array: pa.Array, column: Column) -> list[Problem]:
    low, high = column.low, column.high
    if low is not None and high is not None:
        outside = pc.or_(pc.less(array, low), pc.greater(array, high))
        return [(mask(outside), f"must be within {low:g} and {high:g}")]
    return [] if low is None else [(mask(pc.less(array, low)), f"must be at least {low:g}")]


def _all_wrong(raw: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    """A column whose very type is wrong: every value in it is refused."""
    array = pa.nulls(len(raw), ARROW_TYPES[column.kind])
    return array, [(mask(pc.is_valid(raw)), f"is of type {raw.type}; {column.kind} is wanted")]


CONVERT: dict[Kind, Callable[[pa.Array, Column, TimeUnit], tuple[pa.Array, list[Problem]]]] = {
    "id": _id, "text": _text, "choice": _choice, "json": _json,
    "time": _time, "real": _real, "whole": _whole, "flag": _flag,
}  # fmt: skip
