"""What a tenant is asked, answered from shortlists: those that are missing are made in another thread first."""

from collections.abc import Callable
from typing import TypeVar

from recsys.ranking.recommender import Query
from service.found import Found
from service.recommending import like_video, ready, recommendations
from service.schemas.recommendations import RecommendationRequest
from service.shortlists import NotKeptError
from service.state import State

MOST_SHORTLISTS = 32
"""Made one by one for an answer; if more are missing, they come and go faster than they are made, and are made here."""
Result = TypeVar("Result")


async def with_shortlists(state: State, attempt: Callable[[bool], Result]) -> Result:
    """What an attempt gives once the shortlists that it needs are kept.

    Args:
        state: the tenant's.
        attempt: is told whether to make those that are missing itself; where not, it raises NotKeptError, and is made
            again.
    """
    for _ in range(min(MOST_SHORTLISTS, state.settings.kept_viewers)):
        try:
            return attempt(False)
        except NotKeptError as missing:
            await state.ranker.keep(missing)
    return attempt(True)


async def answered(
    state: State, request: RecommendationRequest, logged: bool, lap: Callable[[str], None] = lambda _stage: None
) -> Found:
    """Rank the catalogue for a viewer and say why, as their variant wants it; counted, and written down.

    Args:
        state: the tenant's.
        request: who asks, and for what.
        logged: whether what is shown is written down.
        lap: told when a stage has ended.

    Raises:
        ProblemError: 503, no bundle is published; 422, a filter cannot be read.
    """
    now, told = state.clock(), set[str]()

    def lap_once(stage: str) -> None:
        """Of the history, by the first attempt: what the others read belongs to the next stage."""
        if stage != "history" or stage not in told:
            told.add(stage)
            lap(stage)

    def attempt(at_once: bool) -> Found:
        asked, snapshot, variant = state.trying.of(request)
        return recommendations(
            state.store,
            ready(snapshot),
            asked,
            state.settings,
            now,
            lap=lap_once,
            trials=state.trials.counts,
            variant=variant,
            at_once=at_once,
        )

    return _noted(state, await with_shortlists(state, attempt), logged)


async def answered_like(state: State, video_id: str, query: Query, logged: bool) -> Found:
    """Rank the catalogue by likeness to one video; counted, and written down.

    Args:
        state: the tenant's.
        video_id: which one.
        query: what is asked.
        logged: whether what is shown is written down.

    Raises:
        ProblemError: 503, no bundle is published; 404, the video is unknown or deleted.
    """

    def attempt(at_once: bool) -> Found:
        return like_video(state.store, ready(state.live.snapshot), video_id, query, at_once)

    return _noted(state, await with_shortlists(state, attempt), logged)


def _noted(state: State, found: Found, logged: bool) -> Found:
    if logged:
        state.shown.add(found)
    state.metrics.recommended(found)
    return found
