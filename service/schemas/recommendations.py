"""Recommendations in the API."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from recsys.ranking.filter_tokens import MAX_LENGTH
from service.schemas.fields import Body, EventType, Id, Reply, TagWeight, Time

MAX_N = 200
MAX_EXCLUDED = 5000
MAX_HISTORY = 1000
FilterText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_LENGTH),
    Field(examples=['tags has "cats" and duration_s < 300']),
]


class HistoryEvent(Body):
    """An event told with the request, not kept."""

    video_id: Id
    event_type: EventType = "play"
    watched_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    occurred_at: Time | None = None
    """The moment of the request by default."""


class RecommendationRequest(Body):
    """Who asks, and for what. Without a viewer, history or tags everybody's favourites come."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"viewer_id": "u1", "n": 10, "filter": 'tags has any ("cats", "dogs") and duration_s < 300'},
                {"history": [{"video_id": "v1", "event_type": "like"}], "tags": {"animal:cat": 1, "genre:horror": -1}},
            ]
        }
    )

    viewer_id: Id | None = None
    """Their events and stated tags in the store count."""
    history: list[HistoryEvent] = Field(default=[], max_length=MAX_HISTORY)
    """Counts beside what the store holds."""
    tags: dict[Id, TagWeight] = Field(default={}, max_length=500)
    """Counts in place of what the store holds of the same tags."""
    n: int = Field(default=20, ge=1, le=MAX_N)
    exclude: list[Id] = Field(default=[], max_length=MAX_EXCLUDED)
    include_seen: bool = False
    filter: FilterText | None = None
    """Only videos that it matches; the guide to serving has the language."""
    explain: bool = True
    log: bool = True
    """Write down what was shown."""


class Reason(Reply):
    """One part of a score; all parts of a video add up to it."""

    kind: Literal["tag", "video", "popularity", "other"]
    id: str
    """The tag or the past video; empty for the other kinds."""
    name: str | None
    """The tag's name or the video's title, where the store has one."""
    value: float


class RecommendedVideo(Reply):
    """One ranked video."""

    video_id: str
    title: str | None
    score: float
    state: Literal["cold", "warming", "warm"]
    """How much behaviour the bundle saw of it."""
    source: str
    """The model that says most of the score."""
    reasons: list[Reason]


class Emptied(Reply):
    """Which clause of the filter leaves nothing."""

    clause: str
    n_before: int
    """How many available videos passed the clauses before it."""


class Recommendations(Reply):
    """A ranked list, best first."""

    request_id: str
    """Send it along with the events that follow."""
    viewer_id: str | None
    bundle: str
    as_of: Time
    """The clock that the answer was computed at."""
    fallback: str | None
    """What had to do because nothing is known of the viewer; null where something is."""
    n_candidates: int
    emptied: Emptied | None
    """Where the list is empty for the filter, the clause that emptied it."""
    videos: list[RecommendedVideo]
