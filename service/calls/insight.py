"""The API's part insight. Written by `docs/client.py`; change that, or the service."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NotRequired, TypedDict, Unpack

from service.calls.call import Answer, Call, in_path
from service.calls.parts import Reason


class AudienceRequest(TypedDict):
    """A video that is there, or one that is only described."""

    video_id: NotRequired[str | None]
    tags: NotRequired[Sequence[str]]
    n: NotRequired[int]


class Question(Answer):
    """A tag to ask a new viewer for."""

    tag: str
    name: str | None
    dimension: str | None
    share: float
    """Of what is watched, how much has it."""
    says: float
    """How much of the variance of what is watched its answer explains beyond those before it."""
    videos: list[str]
    """Examples, the most watched."""


class Questions(Answer):
    """The tags whose answers say most, best first."""

    bundle: str
    tags: list[Question]


class ReachedViewer(Answer):
    """A viewer whom a video would reach."""

    viewer_id: str
    place: int
    """Where the video would stand in their list, from 1."""
    score: float
    reasons: list[Reason]


class Audience(Answer):
    """The viewers in whose lists a video would stand highest, among those active last."""

    video_id: str | None
    viewers: list[ReachedViewer]


class TagSuggestion(Answer):
    """A tag that a viewer may want to like."""

    tag: str
    name: str | None
    lift: float
    """How much more of it there is in their list than in the catalogue."""
    is_new: bool
    """Whether nothing that they watched has it."""
    videos: list[str]
    """The best of their list that have it."""


class TagSuggestions(Answer):
    """Tags for a viewer, best first."""

    viewer_id: str
    tags: list[TagSuggestion]


class Why(Answer):
    """How a video stands with a viewer."""

    viewer_id: str
    video_id: str
    title: str | None
    place: int | None
    """In the viewer's list, from 1; null where it is not in it."""
    removed_by: str | None
    """`deleted`, `not-yet-available`, `no-longer-available`, `excluded`, `seen`, `muted`, `filter`, `unscored` or
    `below`; null where it is in the list.
    """
    detail: str | None
    """The clause of the filter, the muted tag, or the number that did it."""
    score: float
    state: str
    source: str
    reasons: list[Reason]
    bundle: str
    as_of: datetime


def why_shown(
    viewer_id: str, video_id: str, *, filter: str | None = None, include_seen: bool | None = None
) -> Call[Why]:
    """Why a video is in a viewer's list and where, or what keeps it out; with its score and reasons either way.

    Args:
        filter: Only videos that this filter matches.
    """
    return Call(
        "GET",
        f"/v1/viewers/{in_path(viewer_id)}/why/{in_path(video_id)}",
        Why,
        query={"filter": filter, "include_seen": include_seen},
    )


def tags_for_viewer(viewer_id: str, *, n: int | None = None) -> Call[TagSuggestions]:
    """Tags that a viewer may want to like: those that mark their list off from the catalogue, but for stated ones.

    Args:
        n: How many videos to return.
    """
    return Call("GET", f"/v1/viewers/{in_path(viewer_id)}/tags", TagSuggestions, query={"n": n})


def tags_to_ask_for(
    *,
    n: int | None = None,
    asked: Sequence[str] | None = None,
    dimension: Sequence[
        Literal[
            "category",
            "person",
            "object",
            "scene",
            "place",
            "action",
            "emotion",
            "logo",
            "text",
            "speech",
            "keyword",
            "audio",
            "custom",
        ]
    ]
    | None = None,
) -> Call[Questions]:
    """The few tags whose answers say most of a new viewer, given those that were asked already.

    Args:
        n: How many videos to return.
        asked: Tags that were asked already; the next questions build on them.
        dimension: Ask only for tags of these dimensions.
    """
    return Call("GET", "/v1/onboarding/tags", Questions, query={"n": n, "asked": asked, "dimension": dimension})


def audience_of_video(video_id: str, *, n: int | None = None) -> Call[Audience]:
    """The viewers in whose lists a video would stand highest, among those active last.

    Args:
        n: How many videos to return.
    """
    return Call("GET", f"/v1/videos/{in_path(video_id)}/audience", Audience, query={"n": n})


def audience_of_description(**body: Unpack[AudienceRequest]) -> Call[Audience]:
    """Whom a video would reach that is not there yet, described by its tags; or one that is."""
    return Call("POST", "/v1/audience", Audience, body=body)
