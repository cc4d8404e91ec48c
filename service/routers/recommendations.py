"""Ranked videos for a viewer."""

from typing import Any

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
    return _answered(request, state)


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
    asked: dict[str, Any] = {"n": n, "filter": wanted, "explain": explain, "diversity": diversity}
    asked["include_seen"] = include_seen
    given = {name: value for name, value in asked.items() if value != _DEFAULTS[name]}
    request = _NOTHING_ASKED.model_copy(update={**given, "viewer_id": viewer_id, "log": log})
    return _answered(request, state)


router.add_api_route(
    "/viewers/{viewer_id:path}/recommendations",
    recommend_to_viewer,
    response_model=Recommendations,
    route_class_override=QuickRoute,
)
_NOTHING_ASKED = RecommendationRequest()
_DEFAULTS = _NOTHING_ASKED.model_dump()
"""What is left out is not asked for: a variant of an experiment may set it."""


def _answered(request: RecommendationRequest, state: State) -> Response:
    lap = state.metrics.laps()
    answer = Response(answered(state, request, request.log, lap).json(), media_type="application/json")
    lap("write")
    return answer
