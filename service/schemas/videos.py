"""Videos and their tags in the API."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, ValidationError, ValidationInfo, field_validator

from service.problems import FaultBody, invalid, validation_faults
from service.schemas.fields import (
    Attributes,
    Body,
    Confidence,
    Id,
    Language,
    LongText,
    Reply,
    ShortText,
    Source,
    Time,
    from_json,
    to_json,
)

MAX_TAGS = 500


class GivenTag(Body):
    """A tag that a source gives a video."""

    tag: Id = Field(examples=["genre:comedy"])
    confidence: Confidence | None = None
    """Unknown by default."""
    source: Source = "editor"


def _from_text(value: Any) -> Any:
    return {"tag": value} if isinstance(value, str) else value


Tags = Annotated[
    list[Annotated[GivenTag, BeforeValidator(_from_text, json_schema_input_type=GivenTag | Id)]],
    Field(max_length=MAX_TAGS),
]
"""Tags of one video; a bare string is a tag by `editor` with unknown confidence."""

_EXAMPLE: dict[str, JsonValue] = {
    "title": "Two cats and a box",
    "published_at": "2026-11-23T10:00:00Z",
    "duration_s": 34.5,
    "tags": [{"tag": "genre:comedy", "confidence": 0.9, "source": "editor"}, "animal:cat"],
    "attributes": {"studio": "north"},
}


class VideoFields(Body):
    """All of a video but its id."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    title: ShortText | None = None
    description: LongText | None = None
    language: Language | None = None
    published_at: Time | None = None
    duration_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    available_from: Time | None = None
    available_until: Time | None = None
    attributes: Attributes | None = None
    tags: Tags | None = None
    """All of the video's tags. Left out, they stay as they are."""

    @field_validator("available_until")
    @classmethod
    def _after_its_start(cls, until: int | None, info: ValidationInfo) -> int | None:
        start = info.data.get("available_from")
        if until is not None and start is not None and until < start:
            raise ValueError("available_until must not lie before available_from")
        return until

    def row(self, video_id: str) -> dict[str, Any]:
        """The video as a row of the store."""
        given = self.model_dump(exclude={"tags", "video_id"}, mode="python")
        times = {name: getattr(self, name) for name in ("published_at", "available_from", "available_until")}
        return {**given, **times, "video_id": video_id, "attributes": to_json(self.attributes)}


class VideoPatch(VideoFields):
    """Fields of a video to change; those left out stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Three cats", "attributes": {"kids": True}}]})

    def onto(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of the store with these changes. ProblemError 422 where what comes out is no video."""
        given = {name: getattr(self, name) for name in self.model_fields_set - {"tags", "attributes"}}
        fields = {name: row[name] for name in VideoFields.model_fields if name not in ("tags", "attributes")}
        attributes = from_json(row["attributes"])
        if "attributes" in self.model_fields_set:
            attributes = None if self.attributes is None else merged(attributes or {}, self.attributes)
        try:
            whole = VideoFields.model_validate({**fields, "attributes": attributes, **given})
        except ValidationError as error:
            raise invalid(validation_faults(error)) from None
        return whole.row(row["video_id"])


def merged(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """An object with a JSON merge patch applied (RFC 7396): null takes away, objects are merged, others replaced.

    >>> merged({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"d": 3}})
    {'b': {'c': 2, 'd': 3}}
    """
    kept = {name: value for name, value in before.items() if name not in patch}
    for name, value in patch.items():
        if isinstance(value, dict):
            below = before.get(name)
            kept[name] = merged(below if isinstance(below, dict) else {}, value)
        elif value is not None:
            kept[name] = value
    return kept


class VideoInBatch(VideoFields):
    """A video with its id."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"video_id": "v1", **_EXAMPLE}]})

    video_id: Id


class VideoBatch(Reply):
    """Many videos; each is checked alone."""

    videos: list[VideoInBatch]


class RowResult(Reply):
    """What became of one row of a batch."""

    video_id: str | None
    status: str = Field(examples=["stored"])
    """`stored` or `rejected`."""
    errors: list[FaultBody] = Field(default=[])


class VideoBatchResult(Reply):
    """What became of a batch, row by row in its order."""

    stored: int
    rejected: int
    results: list[RowResult]


class TagList(Body):
    """All tags of a video."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tags": _EXAMPLE["tags"]}]})

    tags: Tags


class StandingTag(Reply):
    """A tag that a video has now."""

    tag: str
    source: str
    confidence: float | None
    known_at: Time | None
    """When it became known; unknown where it always was."""


class VideoPage(Reply):
    """Some of the videos, by id."""

    videos: list["Video"]
    next_cursor: str | None
    """Where to go on; null at the end. With a filter a page may hold fewer than asked for, even none."""


class VideoTags(Reply):
    """The tags that a video has now."""

    video_id: str
    tags: list[StandingTag]


class Video(Reply):
    """A video and the tags that it has now."""

    video_id: str
    title: str | None
    description: str | None
    language: str | None
    published_at: Time | None
    duration_s: float | None
    available_from: Time | None
    available_until: Time | None
    attributes: dict[str, Any] | None
    tags: list[StandingTag]


def tag_rows(tags: list[GivenTag]) -> list[dict[str, Any]]:
    """Tags as rows of the store."""
    return [{"tag_id": one.tag, "source": one.source, "confidence": one.confidence} for one in tags]


def standing(rows: Any) -> list[StandingTag]:
    """Rows of the store as tags."""
    return [
        StandingTag.model_construct(
            tag=row["tag_id"], source=row["source"], confidence=row["confidence"], known_at=row["known_at"]
        )
        for row in rows
    ]


def video_of(row: Any, taggings: Any) -> Video:
    """Rows of the store as a video."""
    values = {name: row[name] for name in Video.model_fields if name not in ("attributes", "tags")}
    return Video.model_construct(**values, attributes=from_json(row["attributes"]), tags=standing(taggings))
