"""Viewers and their profiles in the API."""

from collections import Counter
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from service.schemas.fields import Attributes, Body, Id, Reply, Time

MAX_TAGS = 500
TagIds = list[Id]


class ViewerFields(Body):
    """All of a viewer but the id."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"attributes": {"country": "FI"}}]})

    attributes: Attributes | None = None


class Viewer(Reply):
    """A viewer, and how much the store holds of them."""

    viewer_id: str
    attributes: dict[str, Any] | None
    n_events: int
    first_event_at: Time | None
    last_event_at: Time | None


class Forgotten(Reply):
    """That a viewer was forgotten."""

    viewer_id: str
    deleted_rows: int


class StatedTag(Reply):
    """What a viewer said of a tag."""

    tag: str
    name: str | None
    state: str = Field(examples=["liked"])
    """`liked`, `muted` or `forgotten`."""
    weight: float
    set_at: Time | None


class Past(Reply):
    """One of a viewer's last events."""

    video_id: str
    title: str | None
    event_type: str
    watched_s: float | None
    occurred_at: Time


class Evidence(Reply):
    """A past video that says something of a tag."""

    video_id: str
    title: str | None
    value: float
    """Signed; a part of the tag's weight."""


class Taste(Reply):
    """What ranking holds of a viewer and a tag."""

    tag: str
    name: str | None
    weight: float
    """Signed; above 0 they like it."""
    stated: float
    """The part that the viewer stated; the rest comes of what they watched."""
    videos: list[Evidence]
    """The past videos that say most of it."""


class Profile(Reply):
    """What is known of a viewer now."""

    viewer_id: str
    tags: list[StatedTag]
    """What they said of tags themselves."""
    tastes: list[Taste]
    """The tags that count most in their answers, and why; empty while no bundle is published."""
    history: list[Past]
    """Their last events, newest first."""


class ProfileChange(Body):
    """What a viewer states of tags; each tag in one place only."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"like": ["animal:cat"], "mute": ["genre:horror"], "weigh": {"place:sea": 2.5}}]
        }
    )

    like: TagIds = Field(default=[], max_length=MAX_TAGS)
    """Count for the viewer, with weight 1."""
    mute: TagIds = Field(default=[], max_length=MAX_TAGS)
    """Count against the viewer, with weight 1."""
    weigh: dict[Id, Annotated[float, Field(ge=0, le=10)]] = Field(default={}, max_length=MAX_TAGS)
    """Count for the viewer with this weight, 0 to 10."""
    forget: TagIds = Field(default=[], max_length=MAX_TAGS)
    """No longer liked or muted, and remembered as not wanted in the profile."""
    clear: TagIds = Field(default=[], max_length=MAX_TAGS)
    """As if nothing had ever been said of them."""

    def named_twice(self) -> str | None:
        """A tag that is in two places, None where there is none."""
        given = Counter([*self.like, *self.mute, *self.weigh, *self.forget, *self.clear])
        return next((tag for tag, times in given.items() if times > 1), None)

    def rows(self) -> list[dict[str, Any]]:
        """What to write, as rows of the store."""
        states = [(self.like, "liked"), (self.mute, "muted"), (self.forget, "forgotten")]
        plain = [{"tag_id": tag, "state": state, "weight": 1.0} for tags, state in states for tag in tags]
        weighed = [{"tag_id": tag, "state": "liked", "weight": weight} for tag, weight in self.weigh.items()]
        return plain + weighed
