"""The API's part events. Written by `docs/client.py`; change that, or the service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from pydantic import Field

from service.calls.call import Answer, Call
from service.calls.parts import FaultBody


class Event(TypedDict):
    """What a viewer did to a video. The video need not be known yet."""

    event_id: NotRequired[str | None]
    """Sending the same id again changes nothing. Made up where it is left out."""
    viewer_id: str
    video_id: str
    event_type: Literal["impression", "play", "progress", "finish", "like", "dislike", "share", "save", "skip", "hide"]
    value: NotRequired[float | None]
    watched_s: NotRequired[float | None]
    occurred_at: NotRequired[datetime | str | int | None]
    """The moment of receipt by default."""
    request_id: NotRequired[str | None]
    """Of the recommendation that led to it."""
    context: NotRequired[Mapping[str, Any] | None]


class EventBatch(TypedDict):
    """Many events; each is checked alone."""

    events: Sequence[Event]


class EventResult(Answer):
    """What became of one event."""

    event_id: str | None
    status: str
    """`accepted`, `repeated` (its id was there already) or `rejected`."""
    errors: list[FaultBody] = Field(default_factory=list)


class EventsResult(Answer):
    """What became of the events, one by one in their order."""

    accepted: int
    repeated: int
    rejected: int
    results: list[EventResult]


def post_events(body: Event | EventBatch) -> Call[EventsResult]:
    """Append one event, a list of them, or `{"events": [...]}`. In a batch each is checked alone."""
    return Call("POST", "/v1/events", EventsResult, body=body)
