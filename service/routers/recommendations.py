"""Ranked videos for a viewer."""

from functools import lru_cache

from fastapi import APIRouter, Response

from service.answering import answered
from service.auth.gated_route import GatedRoute
from service.auth.gates import OwnReader, Reader
from service.auth.quick_route import QuickRoute
from service.routers.parameters import Diversity, Explain, Log, N, PathId, Wanted
from service.schemas.recommendations import RecommendationRequest, Recommendations
from service.state import State

router = APIRouter(prefix="/v1", tags=["recommendations"], route_class=GatedRoute)


@router.post("/recommendations", response_model=Recommendations)
async def recommend(request: RecommendationRequest, state: Reader) -> Response:
    """Rank videos for a viewer whom the store knows, or whom the request describes, or both."""
    return await _answered(request, state)


async def recommend_to_viewer(
    viewer_id: PathId,
    state: OwnReader,
    n: N = 20,
    wanted: Wanted = None,
    explain: Explain = True,
    include_seen: bool = False,
    diversity: Diversity = 0.0,
    log: Log = True,
) -> Response:
    """Rank videos for a viewer; one of whom nothing is known gets everybody's favourites."""
    asked = _asked(n, wanted, explain, include_seen, diversity, log)
    return await _answered(asked.model_copy(update={"viewer_id": viewer_id}), state)


router.add_api_route(
    "/viewers/{viewer_id:path}/recommendations",
    recommend_to_viewer,
    response_model=Recommendations,
    route_class_override=QuickRoute,
)
_DEFAULTS = RecommendationRequest().model_dump()
"""What is left out is not asked for: a variant of an experiment may set it."""


@lru_cache(256)
def _asked(
    n: int, wanted: str | None, explain: bool, include_seen: bool, diversity: float, log: bool
) -> RecommendationRequest:
    """What most requests ask alike, kept."""
    asked = {"n": n, "filter": wanted, "explain": explain, "include_seen": include_seen, "diversity": diversity}
    given = {name: value for name, value in asked.items() if value != _DEFAULTS[name]}
    return RecommendationRequest().model_copy(update={**given, "log": log})


async def _answered(request: RecommendationRequest, state: State) -> Response:
    lap = state.metrics.laps()
    found = await answered(state, request, request.log, lap)
    answer = Response(found.json(), media_type="application/json")
    lap("write")
    return answer
