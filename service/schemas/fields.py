"""Types of the API's fields: what they allow, and how they look in OpenAPI."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from recsys.schema import DIMENSIONS, EVENT_TYPES, MAX_ID_LENGTH, SOURCE_PATTERN
from recsys.timeline import iso

_LATEST = 253_402_300_799_999  # the end of the year 9999
_EARLIEST = -62_135_596_800_000  # the beginning of the year 1
_SECONDS_ENDED = 100_000_000_000  # read as seconds this is the year 5138, as ms 1973
_MAX_ATTRIBUTES = 20_000


class Body(BaseModel):
    """A request's body: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


class Reply(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def _ms(value: Any) -> int:
    if isinstance(value, str):
        value = _ms_of_iso(value)
    elif isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a time is ISO 8601 with an offset, or a whole number of ms since 1970 UTC")
    elif abs(value) < _SECONDS_ENDED:
        raise ValueError("a number is ms since 1970 UTC, and this one looks like seconds; ISO 8601 takes any time")
    if not _EARLIEST <= value <= _LATEST:
        raise ValueError("a time lies within the years 1 and 9999")
    return int(value)


def _ms_of_iso(text: str) -> int:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a time is ISO 8601 with an offset, such as 2026-11-23T10:00:00Z") from None
    if parsed.tzinfo is None:
        raise ValueError("a time needs its offset from UTC, such as 2026-11-23T10:00:00Z or …+01:00")
    return round(parsed.timestamp() * 1000)


def _small(value: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(json.dumps(value, allow_nan=False))
    except (ValueError, RecursionError):
        raise ValueError("attributes are JSON: no NaN, no infinity, not nested without end") from None
    if size > _MAX_ATTRIBUTES:
        raise ValueError(f"attributes are at most {_MAX_ATTRIBUTES} characters of JSON")
    return value


def no_nul(value: str) -> str:
    """The text; ValueError where it holds a NUL character, which PostgreSQL cannot store."""
    if "\0" in value:
        raise ValueError("text holds no NUL character")
    return value


Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_ID_LENGTH, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Field(examples=["v1"]),
]
"""An id of the caller's: 1 to 200 characters, none of them a control character."""
Time = Annotated[
    int,
    BeforeValidator(_ms),
    PlainSerializer(iso, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "integer", "description": "ms since 1970 UTC"},
            ],
            "examples": ["2026-11-23T10:00:00Z"],
        },
        mode="validation",
    ),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""ISO 8601 with an offset or ms since 1970 UTC; ms inside, ISO 8601 in answers."""
ShortText = Annotated[str, StringConstraints(max_length=1000), AfterValidator(no_nul)]
LongText = Annotated[str, StringConstraints(max_length=50_000), AfterValidator(no_nul)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,35}$"), Field(examples=["en"])]
Attributes = Annotated[dict[str, JsonValue], AfterValidator(_small)]
"""Whatever the caller wants to keep with it, as a JSON object."""
Confidence = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Source = Annotated[str, StringConstraints(max_length=MAX_ID_LENGTH, pattern=f"^(?:{SOURCE_PATTERN})$")]
"""Who said a tag: `editor`, `viewer`, `vendor:<name>` or `model:<name>@<version>`."""
TagWeight = Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]
"""How much a viewer likes a tag; below 0 they turn it down."""
EventType = Literal[EVENT_TYPES]  # type: ignore[valid-type]
Dimension = Literal[DIMENSIONS]  # type: ignore[valid-type]


def from_json(stored: str | None) -> dict[str, Any] | None:
    """A JSON column's value."""
    return None if stored is None else json.loads(stored)


def to_json(value: dict[str, Any] | None) -> str | None:
    """A value for a JSON column."""
    return None if value is None else json.dumps(value, allow_nan=False)
