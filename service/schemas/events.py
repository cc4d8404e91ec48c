"""Events in the API."""

from typing import Any

from pydantic import ConfigDict, Field, JsonValue

from service.problems import FaultBody
from service.schemas.fields import Attributes, Body, EventType, Id, Reply, Time, to_json

EXAMPLE: dict[str, JsonValue] = {
    "event_id": "e-1",
    "viewer_id": "u1",
    "video_id": "v1",
    "event_type": "play",
    "watched_s": 21.5,
    "occurred_at": "2026-11-23T10:00:00Z",
    "request_id": "0b9f…",
}


class Event(Body):
    """What a viewer did to a video. The video need not be known yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    event_id: Id | None = None
    """Sending the same id again changes nothing. Made up where it is left out."""
    viewer_id: Id
    video_id: Id
    event_type: EventType
    value: float | None = Field(default=None, allow_inf_nan=False)
    watched_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    occurred_at: Time | None = None
    """The moment of receipt by default."""
    request_id: Id | None = None
    """Of the recommendation that led to it."""
    context: Attributes | None = None

    def row(self, event_id: str, received_at: int) -> dict[str, Any]:
        """The event as a row of the store."""
        return {
            "event_id": event_id,
            "viewer_id": self.viewer_id,
            "video_id": self.video_id,
            "event_type": self.event_type,
            "value": self.value,
            "watched_s": self.watched_s,
            "occurred_at": received_at if self.occurred_at is None else self.occurred_at,
            "received_at": received_at,
            "request_id": self.request_id,
            "context": to_json(self.context),
        }


class EventBatch(Reply):
    """Many events; each is checked alone."""

    events: list[Event]


class EventResult(Reply):
    """What became of one event."""

    event_id: str | None
    status: str = Field(examples=["accepted"])
    """`accepted`, `repeated` (its id was there already) or `rejected`."""
    errors: list[FaultBody] = Field(default=[])


class EventsResult(Reply):
    """What became of the events, one by one in their order."""

    accepted: int
    repeated: int
    rejected: int
    results: list[EventResult]
