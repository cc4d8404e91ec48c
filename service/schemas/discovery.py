"""What else can be asked of the catalogue and of viewers: why, rows, trends, questions, audiences."""

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from service.schemas.fields import Body, Id, Reply, Time
from service.schemas.recommendations import MAX_N, Reason, RecommendedVideo

RowKind = Literal["for-you", "because-you-watched", "more-of-tag", "new", "trending"]


class Why(Reply):
    """How a video stands with a viewer."""

    viewer_id: str
    video_id: str
    title: str | None
    place: int | None
    """In the viewer's list, from 1; null where it is not in it."""
    removed_by: str | None = Field(examples=["seen"])
    """`deleted`, `not-yet-available`, `no-longer-available`, `excluded`, `seen`, `muted`, `filter`, `unscored` or
    `below`; null where it is in the list."""
    detail: str | None
    """The clause of the filter, the muted tag, or the number that did it."""
    score: float
    state: str
    source: str
    reasons: list[Reason]
    bundle: str
    as_of: Time


class Row(Reply):
    """A list with a heading."""

    kind: RowKind
    id: str | None
    """The video or tag that the row is about."""
    name: str | None
    """What it is called, where the store knows."""
    request_id: str
    """Send it along with the events that follow."""
    videos: list[RecommendedVideo]


class Rows(Reply):
    """Rows of a page, each video in one of them only."""

    viewer_id: str
    bundle: str
    as_of: Time
    rows: list[Row]


class Trend(Reply):
    """A video that more people watch than before."""

    video_id: str
    title: str | None
    n_viewers: int
    """Who watched it in the window."""
    expected: float
    """How many would have, had it gone on as in the three windows before."""
    score: float
    """How far the one exceeds the other, in standard deviations of chance; `n_viewers` where popularity was asked."""


class Trends(Reply):
    """What is watched now."""

    window_h: float
    as_of: Time
    videos: list[Trend]


class Question(Reply):
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


class Questions(Reply):
    """The tags whose answers say most, best first."""

    bundle: str
    tags: list[Question]


class TagSuggestion(Reply):
    """A tag that a viewer may want to like."""

    tag: str
    name: str | None
    lift: float
    """How much more of it there is in their list than in the catalogue."""
    is_new: bool
    """Whether nothing that they watched has it."""
    videos: list[str]
    """The best of their list that have it."""


class TagSuggestions(Reply):
    """Tags for a viewer, best first."""

    viewer_id: str
    tags: list[TagSuggestion]


class Unfinished(Reply):
    """A video that a viewer began."""

    video_id: str
    title: str | None
    watched_s: float
    """How far they came."""
    duration_s: float | None
    share: float | None
    """How far of the whole, 0 to 1."""
    last_watched_at: Time


class Continue(Reply):
    """What a viewer began and did not finish, the latest first."""

    viewer_id: str
    videos: list[Unfinished]


class ReachedViewer(Reply):
    """A viewer whom a video would reach."""

    viewer_id: str
    place: int
    """Where the video would stand in their list, from 1."""
    score: float
    reasons: list[Reason]


class Audience(Reply):
    """The viewers in whose lists a video would stand highest, among those active last."""

    video_id: str | None
    viewers: list[ReachedViewer]


class AudienceRequest(Body):
    """A video that is there, or one that is only described."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tags": ["genre:sci-fi", "place:space"], "n": 10}]})

    video_id: Id | None = None
    tags: list[Id] = Field(default=[], max_length=500)
    n: int = Field(default=20, ge=1, le=MAX_N)

    @model_validator(mode="after")
    def _one_of_both(self) -> "AudienceRequest":
        if (self.video_id is None) == (not self.tags):
            raise ValueError("name a video or describe one by its tags, not both and not neither")
        return self
