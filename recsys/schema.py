"""The names that pipelines and the service share: array types, vocabularies, and every table's columns.

The library never touches a database. The service makes its SQLAlchemy tables, and ingest its checks, from `TABLES`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Rows = NDArray[np.int32]
"""Catalogue positions; -1 stands for a video, viewer or tag that is not in the index."""
Times = NDArray[np.int64]
"""Milliseconds since 1970-01-01 UTC; `schema.NEVER` stands for an unknown or open time."""
Mask = NDArray[np.bool_]

NEVER = int(np.iinfo(np.int64).max)
DAY_MS = 86_400_000

EVENT_TYPES = ("impression", "play", "progress", "finish", "like", "dislike", "share", "save", "skip", "hide")
DIMENSIONS = (
    "category", "person", "object", "scene", "place", "action", "emotion",
    "logo", "text", "speech", "keyword", "audio", "custom",
)  # fmt: skip
TAG_STATUSES = ("active", "merged", "banned")
VIEWER_TAG_STATES = ("liked", "muted", "forgotten")
SOURCE_PATTERN = r"editor|viewer|vendor:[\w.-]+|model:[\w./-]+@[\w.+-]+"
"""Who said a tag: `editor`, `viewer`, `vendor:<name>` or `model:<name>@<version>`."""
MAX_ID_LENGTH = 200

Kind = Literal["id", "text", "choice", "time", "real", "whole", "flag", "json"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its kind and what values it allows.

    Kinds on disk and in frames: id, text, choice, json are strings; time is a UTC timestamp in ms; real is float64;
    whole is int64; flag is bool.
    """

    name: str
    kind: Kind
    required: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    default: str | float | bool | None = None
    """What an absent optional value means; None keeps it unknown."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: its columns in order and the columns that identify a row."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}; it has {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """All column names in order."""
        return tuple(c.name for c in self.columns)


def _id(name: str, required: bool = True) -> Column:
    return Column(name=name, kind="id", required=required)


def _time(name: str, required: bool = False) -> Column:
    return Column(name=name, kind="time", required=required)


def _choice(name: str, choices: tuple[str, ...], default: str | None = None) -> Column:
    return Column(name=name, kind="choice", choices=choices, required=default is None, default=default)


VIDEOS = Table(name="videos", key=("video_id",), columns=(
    _id("video_id"),
    Column(name="title", kind="text"),
    Column(name="description", kind="text"),
    Column(name="language", kind="text"),
    _time("published_at"),
    Column(name="duration_s", kind="real", low=0),
    _time("available_from"),
    _time("available_until"),
    Column(name="attributes", kind="json"),
))  # fmt: skip
TAGS = Table(name="tags", key=("tag_id",), columns=(
    _id("tag_id"),
    _choice("dimension", DIMENSIONS, default="custom"),
    _id("parent_id", required=False),
    _choice("status", TAG_STATUSES, default="active"),
    _id("merged_into", required=False),
))  # fmt: skip
TAG_NAMES = Table(name="tag_names", key=("tag_id", "language", "name"), columns=(
    _id("tag_id"),
    Column(name="language", kind="text", default="en"),
    Column(name="name", kind="text", required=True),
    Column(name="is_alias", kind="flag", default=False),
))  # fmt: skip
TAGGINGS = Table(name="taggings", key=("video_id", "tag_id", "source"), columns=(
    _id("video_id"),
    _id("tag_id"),
    Column(name="source", kind="text", pattern=SOURCE_PATTERN, default="editor"),
    Column(name="confidence", kind="real", low=0, high=1),
    _time("known_at"),
    _time("withdrawn_at"),
))  # fmt: skip
TAG_OCCURRENCES = Table(name="tag_occurrences", key=("video_id", "tag_id", "source", "start_ms"), columns=(
    _id("video_id"),
    _id("tag_id"),
    Column(name="source", kind="text", pattern=SOURCE_PATTERN, default="editor"),
    Column(name="start_ms", kind="whole", low=0, required=True),
    Column(name="end_ms", kind="whole", low=0, required=True),
    Column(name="confidence", kind="real", low=0, high=1),
    Column(name="box", kind="json"),
))  # fmt: skip
VIEWERS = Table(name="viewers", key=("viewer_id",), columns=(
    _id("viewer_id"),
    Column(name="attributes", kind="json"),
))  # fmt: skip
VIEWER_TAGS = Table(name="viewer_tags", key=("viewer_id", "tag_id"), columns=(
    _id("viewer_id"),
    _id("tag_id"),
    _choice("state", VIEWER_TAG_STATES, default="liked"),
    Column(name="weight", kind="real", low=0, high=10, default=1.0),
    _time("set_at"),
))  # fmt: skip
EVENTS = Table(name="events", key=("event_id",), columns=(
    _id("event_id"),
    _id("viewer_id"),
    _id("video_id"),
    _choice("event_type", EVENT_TYPES),
    Column(name="value", kind="real"),
    Column(name="watched_s", kind="real", low=0),
    _time("occurred_at", required=True),
    _time("received_at"),
    _id("request_id", required=False),
    Column(name="context", kind="json"),
))  # fmt: skip

TABLES = {t.name: t for t in (VIDEOS, TAGS, TAG_NAMES, TAGGINGS, TAG_OCCURRENCES, VIEWERS, VIEWER_TAGS, EVENTS)}
"""The tables that ingest accepts, a folder of tables holds, and the store keeps."""
RANGES = {
    "videos": ("available_from", "available_until"),
    "taggings": ("known_at", "withdrawn_at"),
    "tag_occurrences": ("start_ms", "end_ms"),
}
"""Per table, the column that may not lie after the other: a row that breaks it is refused."""
