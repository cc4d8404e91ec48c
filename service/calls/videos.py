"""The API's part videos. Written by `docs/client.py`; change that, or the service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any, NotRequired, TypedDict, Unpack

from pydantic import Field

from service.calls.call import Answer, Call, in_path
from service.calls.parts import FaultBody


class GivenTag(TypedDict):
    """A tag that a source gives a video."""

    tag: str
    confidence: NotRequired[float | None]
    """Unknown by default."""
    source: NotRequired[str]


class RowResult(Answer):
    """What became of one row of a batch."""

    video_id: str | None
    status: str
    """`stored` or `rejected`."""
    errors: list[FaultBody] = Field(default_factory=list)


class StandingTag(Answer):
    """A tag that a video has now."""

    tag: str
    source: str
    confidence: float | None
    known_at: datetime | None
    """When it became known; unknown where it always was."""


class TagList(TypedDict):
    """All tags of a video."""

    tags: Sequence[GivenTag | str]


class Video(Answer):
    """A video and the tags that it has now."""

    video_id: str
    title: str | None
    description: str | None
    language: str | None
    published_at: datetime | None
    duration_s: float | None
    available_from: datetime | None
    available_until: datetime | None
    attributes: dict[str, Any] | None
    tags: list[StandingTag]


class VideoBatchResult(Answer):
    """What became of a batch, row by row in its order."""

    stored: int
    rejected: int
    results: list[RowResult]


class VideoFields(TypedDict):
    """All of a video but its id."""

    title: NotRequired[str | None]
    description: NotRequired[str | None]
    language: NotRequired[str | None]
    published_at: NotRequired[datetime | str | int | None]
    duration_s: NotRequired[float | None]
    available_from: NotRequired[datetime | str | int | None]
    available_until: NotRequired[datetime | str | int | None]
    attributes: NotRequired[Mapping[str, Any] | None]
    tags: NotRequired[Sequence[GivenTag | str] | None]
    """All of the video's tags. Left out, they stay as they are."""


class VideoInBatch(TypedDict):
    """A video with its id."""

    title: NotRequired[str | None]
    description: NotRequired[str | None]
    language: NotRequired[str | None]
    published_at: NotRequired[datetime | str | int | None]
    duration_s: NotRequired[float | None]
    available_from: NotRequired[datetime | str | int | None]
    available_until: NotRequired[datetime | str | int | None]
    attributes: NotRequired[Mapping[str, Any] | None]
    tags: NotRequired[Sequence[GivenTag | str] | None]
    """All of the video's tags. Left out, they stay as they are."""
    video_id: str


class VideoBatch(TypedDict):
    """Many videos; each is checked alone."""

    videos: Sequence[VideoInBatch]


class VideoPage(Answer):
    """Some of the videos, by id."""

    videos: list[Video]
    next_cursor: str | None
    """Where to go on; null at the end. With a filter a page may hold fewer than asked for, even none."""


class VideoPatch(TypedDict):
    """Fields of a video to change; those left out stay as they are."""

    title: NotRequired[str | None]
    description: NotRequired[str | None]
    language: NotRequired[str | None]
    published_at: NotRequired[datetime | str | int | None]
    duration_s: NotRequired[float | None]
    available_from: NotRequired[datetime | str | int | None]
    available_until: NotRequired[datetime | str | int | None]
    attributes: NotRequired[Mapping[str, Any] | None]
    tags: NotRequired[Sequence[GivenTag | str] | None]
    """All of the video's tags. Left out, they stay as they are."""


class VideoTags(Answer):
    """The tags that a video has now."""

    video_id: str
    tags: list[StandingTag]


def read_video_tags(video_id: str) -> Call[VideoTags]:
    """The tags that a video has now, by every source."""
    return Call("GET", f"/v1/videos/{in_path(video_id)}/tags", VideoTags)


def replace_video_tags(
    video_id: str,
    *,
    source: str | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    **body: Unpack[TagList],
) -> Call[VideoTags]:
    """Replace a video's tags: those of every source, or of one. Others are withdrawn, and training knows since when.

    Args:
        source: Replace only this source's tags.
    """
    return Call(
        "PUT",
        f"/v1/videos/{in_path(video_id)}/tags",
        VideoTags,
        query={"source": source},
        headers={"if-match": if_match, "if-none-match": if_none_match},
        body=body,
    )


def store_video(
    video_id: str, *, if_match: str | None = None, if_none_match: str | None = None, **body: Unpack[VideoFields]
) -> Call[Video]:
    """Put a video in place of what was there. Tags that are given replace its tags of every source."""
    return Call(
        "PUT",
        f"/v1/videos/{in_path(video_id)}",
        Video,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        body=body,
    )


def change_video(
    video_id: str, *, if_match: str | None = None, if_none_match: str | None = None, **body: Unpack[VideoPatch]
) -> Call[Video]:
    """Change the fields that are given; null clears one. In `attributes` too only what is given changes (RFC 7396)."""
    return Call(
        "PATCH",
        f"/v1/videos/{in_path(video_id)}",
        Video,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        body=body,
    )


def read_video(video_id: str) -> Call[Video]:
    """A video and the tags that it has now."""
    return Call("GET", f"/v1/videos/{in_path(video_id)}", Video)


def remove_video(video_id: str, *, if_match: str | None = None, if_none_match: str | None = None) -> Call[None]:
    """Delete a video: it is shown to nobody any more. What viewers did with it stays."""
    return Call(
        "DELETE",
        f"/v1/videos/{in_path(video_id)}",
        NoneType,
        headers={"if-match": if_match, "if-none-match": if_none_match},
    )


def store_videos(body: VideoBatch) -> Call[VideoBatchResult]:
    """Put many videos. Rows that break a rule are rejected one by one; of a video given twice, the last row wins."""
    return Call("POST", "/v1/videos:batch", VideoBatchResult, body=body)


def list_videos(*, cursor: str | None = None, limit: int | None = None, filter: str | None = None) -> Call[VideoPage]:
    """Every video, page by page in the order of ids, whether it is available or not.

    Args:
        cursor: `next_cursor` of the page before; none at first.
        limit: How many videos to return at most.
        filter: Only videos that this filter matches.
    """
    return Call("GET", "/v1/videos", VideoPage, query={"cursor": cursor, "limit": limit, "filter": filter})
