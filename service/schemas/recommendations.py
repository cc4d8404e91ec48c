"""Recommendations in the API."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from recsys.ranking.filter_tokens import MAX_LENGTH
from service.schemas.fields import Attributes, Body, EventType, Id, Reply, TagWeight, Time

MAX_N = 200
MAX_EXCLUDED = 5000
MAX_HISTORY = 1000
MAX_RULES = 20
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


class BoostRule(Body):
    """Lift what a filter matches, or bury it."""

    filter: FilterText
    strength: float = Field(ge=-1, le=1, allow_inf_nan=False)
    """1 lifts the last of the viewer's shortlist to the level of its best; -1 buries as deep."""


class PinRule(Body):
    """Put a video at a place, whatever its score, if it is available."""

    video_id: Id
    position: int = Field(ge=1, le=MAX_N)
    """From 1."""


class QuotaRule(Body):
    """How many of the list must, or may, be what a filter matches."""

    filter: FilterText
    at_least: int = Field(default=0, ge=0, le=MAX_N)
    at_most: int | None = Field(default=None, ge=0, le=MAX_N)

    @model_validator(mode="after")
    def _in_order(self) -> "QuotaRule":
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError("at_most must not be below at_least")
        return self


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
    boosts: list[BoostRule] = Field(default=[], max_length=MAX_RULES)
    pins: list[PinRule] = Field(default=[], max_length=MAX_RULES)
    quotas: list[QuotaRule] = Field(default=[], max_length=MAX_RULES)
    diversity: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)
    """How much being unlike the videos above counts beside the score, by tags."""
    rotation: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)
    """How far a video falls that was shown to the viewer lately and not taken."""
    explore: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    """The share of places owed to videos that nobody had yet; the service's own setting by default."""
    context: Attributes | None = None
    """Where and why the list is shown, such as `{"page": "home"}`: written down with it."""
    explain: bool = True
    log: bool = True
    """Write down what was shown."""

    @model_validator(mode="after")
    def _fits(self) -> "RecommendationRequest":
        places, pinned = [one.position for one in self.pins], [one.video_id for one in self.pins]
        if len(set(places)) < len(places) or len(set(pinned)) < len(pinned):
            raise ValueError("pins: each place and each video once")
        if max(places, default=1) > self.n:
            raise ValueError(f"pins: a list of {self.n} has no place {max(places)}")
        if sum(one.at_least for one in self.quotas) > self.n:
            raise ValueError(f"quotas: together they ask for more than the {self.n} of the list")
        return self


class Reason(Reply):
    """One part of a score; all parts of a video add up to it."""

    kind: Literal["tag", "video", "popularity", "other", "rule", "rotation"]
    id: str
    """The tag, the past video or the rule's filter; empty for the other kinds."""
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
    propensity: float
    """How likely it was to stand here, given those above it: 1 unless places were drawn for new videos."""
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
    variant: str | None
    """Of the experiment that runs, `experiment/variant`."""
    as_of: Time
    """The clock that the answer was computed at."""
    fallback: str | None
    """What had to do because nothing is known of the viewer; null where something is."""
    n_candidates: int
    emptied: Emptied | None
    """Where the list is empty for the filter, the clause that emptied it."""
    videos: list[RecommendedVideo]
