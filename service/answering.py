"""A request for recommendations to a tenant: ranked as its viewer's variant wants it, counted and written down."""

from collections.abc import Callable

from service.found import Found
from service.recommending import ready, recommendations
from service.schemas.recommendations import RecommendationRequest
from service.state import State


def answered(
    state: State, request: RecommendationRequest, logged: bool, lap: Callable[[str], None] = lambda _stage: None
) -> Found:
    """Rank the catalogue for a viewer and say why.

    Args:
        state: the tenant's.
        request: who asks, and for what.
        logged: whether what is shown is written down.
        lap: told when a stage has ended.

    Raises:
        ProblemError: 503, no bundle is published; 422, a filter cannot be read.
    """
    asked, snapshot, variant = state.trying.of(request)
    found = recommendations(
        state.store,
        ready(snapshot),
        asked,
        state.settings,
        state.clock(),
        lap=lap,
        trials=state.trials.counts,
        variant=variant,
    )
    if logged:
        state.shown.add(found)
    state.metrics.recommended(found)
    return found
