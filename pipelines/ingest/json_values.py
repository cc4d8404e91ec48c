"""The values of one JSON key over many rows, as one Arrow array."""

import json
from typing import Any

import pyarrow as pa

from pipelines.ingest.text_file import NOT_UTF8, is_clean
from recsys.schema import Kind

ALIKE: dict[Kind, tuple[tuple[set[type], pa.DataType], ...]] = {
    "real": (({int, float}, pa.float64()),),
    "time": (({int}, pa.int64()), ({int, float}, pa.float64())),
    "whole": (({int}, pa.int64()),),
    "id": (({int}, pa.int64()),),
    "flag": (({bool}, pa.bool_()),),
}
"""Types that a column of a kind may hold throughout, beside text, and what Arrow makes of them."""


def json_column(values: list[Any], kind: Kind) -> tuple[pa.Array, dict[int, str]]:
    """The values as text or as numbers.

    Returns:
        An array, and by position why a value cannot be of that kind; there the array holds null.
    """
    types = set(map(type, values)) - {type(None)}
    try:
        choices: tuple[tuple[set[type], pa.DataType], ...] = (({str}, pa.string()), *ALIKE.get(kind, ()))
        for allowed, arrow in choices:
            if types <= allowed:
                return pa.array(values, arrow), {}
    except (UnicodeEncodeError, OverflowError, pa.ArrowInvalid):
        pass  # one value is out of bounds: find it
    wrong: dict[int, str] = {}
    texts = [None if value is None else _text(value, kind, at, wrong) for at, value in enumerate(values)]
    return pa.array(texts, pa.string()), wrong


def _text(value: Any, kind: Kind, at: int, wrong: dict[int, str]) -> str | None:
    """One value as text that the check of its kind reads; or None and a note in `wrong`."""
    if isinstance(value, str):
        text = value
    elif kind == "json":
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (ValueError, RecursionError):
            wrong[at] = "holds a number that is not finite, or is nested too deep"
            return None
    elif isinstance(value, bool) and kind == "flag":
        text = str(value).lower()
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and (kind != "id" or isinstance(value, int)):
        text = repr(value)
    else:
        wrong[at] = f"is {_json_name(value)}; {kind} is wanted"
        return None
    if is_clean(text):
        return text
    wrong[at] = NOT_UTF8
    return None


def _json_name(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", dict: "an object", list: "a list"}
    return names[type(value)]
