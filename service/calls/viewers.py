"""The API's part viewers. Written by `docs/client.py`; change that, or the service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack

from service.calls.call import Answer, Call, in_path


class Evidence(Answer):
    """A past video that says something of a tag."""

    video_id: str
    title: str | None
    value: float
    """Signed; a part of the tag's weight."""


class Forgotten(Answer):
    """That a viewer was forgotten."""

    viewer_id: str
    deleted_rows: int


class Past(Answer):
    """One of a viewer's last events."""

    video_id: str
    title: str | None
    event_type: str
    watched_s: float | None
    occurred_at: datetime


class ProfileChange(TypedDict):
    """What a viewer states of tags; each tag in one place only."""

    like: NotRequired[Sequence[str]]
    """Count for the viewer, with weight 1."""
    mute: NotRequired[Sequence[str]]
    """Count against the viewer, with weight 1."""
    weigh: NotRequired[Mapping[str, Any]]
    """Count for the viewer with this weight, 0 to 10."""
    forget: NotRequired[Sequence[str]]
    """No longer liked or muted, and remembered as not wanted in the profile."""
    clear: NotRequired[Sequence[str]]
    """As if nothing had ever been said of them."""


class StatedTag(Answer):
    """What a viewer said of a tag."""

    tag: str
    name: str | None
    state: str
    """`liked`, `muted` or `forgotten`."""
    weight: float
    set_at: datetime | None


class Taste(Answer):
    """What ranking holds of a viewer and a tag."""

    tag: str
    name: str | None
    weight: float
    """Signed; above 0 they like it."""
    stated: float
    """The part that the viewer stated; the rest comes of what they watched."""
    videos: list[Evidence]
    """The past videos that say most of it."""


class Profile(Answer):
    """What is known of a viewer now."""

    viewer_id: str
    tags: list[StatedTag]
    """What they said of tags themselves."""
    tastes: list[Taste]
    """The tags that count most in their answers, and why; empty while no bundle is published."""
    history: list[Past]
    """Their last events, newest first."""


class TokenFields(TypedDict):
    """How a viewer's token is to be."""

    expires_in_s: NotRequired[int]
    """How long it is good for: 10 seconds to 30 days."""


class Viewer(Answer):
    """A viewer, and how much the store holds of them."""

    viewer_id: str
    attributes: dict[str, Any] | None
    n_events: int
    first_event_at: datetime | None
    last_event_at: datetime | None


class ViewerFields(TypedDict):
    """All of a viewer but the id."""

    attributes: NotRequired[Mapping[str, Any] | None]


class ViewerToken(Answer):
    """A token for a viewer's own app."""

    viewer_id: str
    token: str
    expires_at: datetime


def read_profile(viewer_id: str, *, history: int | None = None) -> Call[Profile]:
    """What a viewer stated, what is held of them and why, and their last events; all empty where nothing is known.

    Args:
        history: How many of the last events to show.
    """
    return Call("GET", f"/v1/viewers/{in_path(viewer_id)}/profile", Profile, query={"history": history})


def change_profile(viewer_id: str, *, history: int | None = None, **body: Unpack[ProfileChange]) -> Call[Profile]:
    """Like, mute, weigh or forget tags; it counts from the next answer on.

    Args:
        history: How many of the last events to show.
    """
    return Call("PATCH", f"/v1/viewers/{in_path(viewer_id)}/profile", Profile, query={"history": history}, body=body)


def make_viewer_token(viewer_id: str, **body: Unpack[TokenFields]) -> Call[ViewerToken]:
    """Sign a token for a viewer's own app: it reads that viewer's answers until it expires or this key is revoked."""
    return Call("POST", f"/v1/viewers/{in_path(viewer_id)}/token", ViewerToken, body=body)


def store_viewer(viewer_id: str, **body: Unpack[ViewerFields]) -> Call[Viewer]:
    """Put what the caller wants to keep with a viewer. A viewer need not be put to be recommended to."""
    return Call("PUT", f"/v1/viewers/{in_path(viewer_id)}", Viewer, body=body)


def read_viewer(viewer_id: str) -> Call[Viewer]:
    """A viewer, and how much the store holds of them."""
    return Call("GET", f"/v1/viewers/{in_path(viewer_id)}", Viewer)


def forget_viewer(viewer_id: str) -> Call[Forgotten]:
    """Forget a viewer: delete everything that the store holds of them, and what waits to be written of them."""
    return Call("DELETE", f"/v1/viewers/{in_path(viewer_id)}", Forgotten)
