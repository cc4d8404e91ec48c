"""The API's part recommendations. Written by `docs/client.py`; change that, or the service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict, Unpack

from service.calls.call import Answer, Call, in_path
from service.calls.parts import Reason


class BoostRule(TypedDict):
    """Lift what a filter matches, or bury it."""

    filter: str
    strength: float
    """1 lifts the last of the viewer's shortlist to the level of its best; -1 buries as deep."""


class Emptied(Answer):
    """Which clause of the filter leaves nothing."""

    clause: str
    n_before: int
    """How many available videos passed the clauses before it."""


class HistoryEvent(TypedDict):
    """An event told with the request, not kept."""

    video_id: str
    event_type: NotRequired[
        Literal["impression", "play", "progress", "finish", "like", "dislike", "share", "save", "skip", "hide"]
    ]
    watched_s: NotRequired[float | None]
    occurred_at: NotRequired[datetime | str | int | None]
    """The moment of the request by default."""


class PinRule(TypedDict):
    """Put a video at a place, whatever its score, if it is available."""

    video_id: str
    position: int
    """From 1."""


class QuotaRule(TypedDict):
    """How many of the list must, or may, be what a filter matches."""

    filter: str
    at_least: NotRequired[int]
    at_most: NotRequired[int | None]


class RecommendationRequest(TypedDict):
    """Who asks, and for what. Without a viewer, history or tags everybody's favourites come."""

    viewer_id: NotRequired[str | None]
    """Their events and stated tags in the store count."""
    history: NotRequired[Sequence[HistoryEvent]]
    """Counts beside what the store holds."""
    tags: NotRequired[Mapping[str, Any]]
    """Counts in place of what the store holds of the same tags."""
    n: NotRequired[int]
    exclude: NotRequired[Sequence[str]]
    include_seen: NotRequired[bool]
    filter: NotRequired[str | None]
    """Only videos that it matches; the guide to serving has the language."""
    boosts: NotRequired[Sequence[BoostRule]]
    pins: NotRequired[Sequence[PinRule]]
    quotas: NotRequired[Sequence[QuotaRule]]
    diversity: NotRequired[float]
    """How much being unlike the videos above counts beside the score, by tags."""
    rotation: NotRequired[float]
    """How far a video falls that was shown to the viewer lately and not taken."""
    explore: NotRequired[float | None]
    """The share of places owed to videos that nobody had yet; the service's own setting by default."""
    context: NotRequired[Mapping[str, Any] | None]
    """Where and why the list is shown, such as `{"page": "home"}`: written down with it."""
    explain: NotRequired[bool]
    log: NotRequired[bool]
    """Write down what was shown."""


class RecommendedVideo(Answer):
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


class Recommendations(Answer):
    """A ranked list, best first."""

    request_id: str
    """Send it along with the events that follow."""
    viewer_id: str | None
    bundle: str
    variant: str | None
    """Of the experiment that runs, `experiment/variant`."""
    as_of: datetime
    """The clock that the answer was computed at."""
    fallback: str | None
    """What had to do because nothing is known of the viewer; null where something is."""
    n_candidates: int
    emptied: Emptied | None
    """Where the list is empty for the filter, the clause that emptied it."""
    videos: list[RecommendedVideo]


class Row(Answer):
    """A list with a heading."""

    kind: Literal["for-you", "because-you-watched", "more-of-tag", "new", "trending"]
    id: str | None
    """The video or tag that the row is about."""
    name: str | None
    """What it is called, where the store knows."""
    request_id: str
    """Send it along with the events that follow."""
    videos: list[RecommendedVideo]


class Rows(Answer):
    """Rows of a page, each video in one of them only."""

    viewer_id: str
    bundle: str
    as_of: datetime
    rows: list[Row]


class Trend(Answer):
    """A video that more people watch than before."""

    video_id: str
    title: str | None
    n_viewers: int
    """Who watched it in the window."""
    expected: float
    """How many would have, had it gone on as in the three windows before."""
    score: float
    """How far the one exceeds the other, in standard deviations of chance; `n_viewers` where popularity was asked."""


class Trends(Answer):
    """What is watched now."""

    window_h: float
    as_of: datetime
    videos: list[Trend]


class Unfinished(Answer):
    """A video that a viewer began."""

    video_id: str
    title: str | None
    watched_s: float
    """How far they came."""
    duration_s: float | None
    share: float | None
    """How far of the whole, 0 to 1."""
    last_watched_at: datetime


class Continue(Answer):
    """What a viewer began and did not finish, the latest first."""

    viewer_id: str
    videos: list[Unfinished]


def recommend(**body: Unpack[RecommendationRequest]) -> Call[Recommendations]:
    """Rank videos for a viewer whom the store knows, or whom the request describes, or both."""
    return Call("POST", "/v1/recommendations", Recommendations, body=body)


def recommend_to_viewer(
    viewer_id: str,
    *,
    n: int | None = None,
    filter: str | None = None,
    explain: bool | None = None,
    include_seen: bool | None = None,
    diversity: float | None = None,
    log: bool | None = None,
) -> Call[Recommendations]:
    """Rank videos for a viewer; one of whom nothing is known gets everybody's favourites.

    Args:
        n: How many videos to return.
        filter: Only videos that this filter matches.
        explain: Give the reasons of each video.
        diversity: How much being unlike the videos above counts, by tags.
        log: Write down what was shown.
    """
    return Call(
        "GET",
        f"/v1/viewers/{in_path(viewer_id)}/recommendations",
        Recommendations,
        query={
            "n": n,
            "filter": filter,
            "explain": explain,
            "include_seen": include_seen,
            "diversity": diversity,
            "log": log,
        },
    )


def similar_videos(
    video_id: str,
    *,
    n: int | None = None,
    filter: str | None = None,
    explain: bool | None = None,
    log: bool | None = None,
) -> Call[Recommendations]:
    """Rank videos by likeness to one, which may be seconds old.

    Args:
        n: How many videos to return.
        filter: Only videos that this filter matches.
        explain: Give the reasons of each video.
        log: Write down what was shown.
    """
    return Call(
        "GET",
        f"/v1/videos/{in_path(video_id)}/similar",
        Recommendations,
        query={"n": n, "filter": filter, "explain": explain, "log": log},
    )


def rows_of_viewer(
    viewer_id: str, *, n: int | None = None, rows: int | None = None, log: bool | None = None
) -> Call[Rows]:
    """Rows of a viewer's page: for them, because they watched, more of a tag, trending, new. No video comes twice.

    Args:
        n: How many videos to return.
        rows: How many rows.
        log: Write down what was shown.
    """
    return Call("GET", f"/v1/viewers/{in_path(viewer_id)}/rows", Rows, query={"n": n, "rows": rows, "log": log})


def continue_watching(viewer_id: str, *, n: int | None = None) -> Call[Continue]:
    """What a viewer began and did not finish, the latest first.

    Args:
        n: How many videos to return.
    """
    return Call("GET", f"/v1/viewers/{in_path(viewer_id)}/continue", Continue, query={"n": n})


def trending(
    *,
    n: int | None = None,
    window_h: float | None = None,
    order: Literal["rise", "viewers"] | None = None,
    tag: str | None = None,
    filter: str | None = None,
) -> Call[Trends]:
    """What is watched now, by viewers; by default what more people watch than in the windows before.

    Args:
        n: How many videos to return.
        window_h: Hours that count as now.
        order: By rise over what was expected, or by number.
        tag: Only videos with this tag.
        filter: Only videos that this filter matches.
    """
    return Call(
        "GET",
        "/v1/trending",
        Trends,
        query={"n": n, "window_h": window_h, "order": order, "tag": tag, "filter": filter},
    )
