"""A request for recommendations to a tenant: ranked as its viewer's variant wants it, counted and written down."""

from collections.abc import Callable

from service.found import Found
from service.recommending import ready, recommendations
from service.schemas.recommendations import RecommendationRequest
from service.shortlists import NotKeptError
from service.state import State

MOST_SHORTLISTS = 32
"""Made one by one for an answer; if more are missing, they come and go faster than they are made, and are made here."""


async def answered(
    state: State, request: RecommendationRequest, logged: bool, lap: Callable[[str], None] = lambda _stage: None
) -> Found:
    """Rank the catalogue for a viewer and say why; what takes milliseconds is done in another thread.

    Args:
        state: the tenant's.
        request: who asks, and for what.
        logged: whether what is shown is written down.
        lap: told when a stage has ended.

    Raises:
        ProblemError: 503, no bundle is published; 422, a filter cannot be read.
    """
    now, told, n_left = state.clock(), lap, min(MOST_SHORTLISTS, state.settings.kept_viewers)
    while True:
        try:
            return _answered(state, request, now, logged, told, at_once=not n_left)
        except NotKeptError as missing:
            await state.ranker.keep(missing)
        told, n_left = _without_history(lap), n_left - 1


def _without_history(lap: Callable[[str], None]) -> Callable[[str], None]:
    """For who has told of it already: what follows belongs to the next stage."""
    return lambda stage: None if stage == "history" else lap(stage)


def _answered(
    state: State, request: RecommendationRequest, now: int, logged: bool, lap: Callable[[str], None], at_once: bool
) -> Found:
    asked, snapshot, variant = state.trying.of(request)
    found = recommendations(
        state.store,
        ready(snapshot),
        asked,
        state.settings,
        now,
        lap=lap,
        trials=state.trials.counts,
        variant=variant,
        at_once=at_once,
    )
    if logged:
        state.shown.add(found)
    state.metrics.recommended(found)
    return found
