"""Videos like a video."""

from fastapi import APIRouter, Response

from recsys.ranking.recommender import Query
from service.answering import answered_like
from service.auth.gated_route import GatedRoute
from service.auth.gates import Reader
from service.auth.quick_route import QuickRoute
from service.routers.parameters import Explain, Log, N, PathId, Wanted
from service.rules import filter_of
from service.schemas.recommendations import Recommendations

router = APIRouter(prefix="/v1", tags=["recommendations"], route_class=GatedRoute)


async def similar_videos(
    video_id: PathId, state: Reader, n: N = 20, wanted: Wanted = None, explain: Explain = True, log: Log = True
) -> Response:
    """Rank videos by likeness to one, which may be seconds old."""
    query = Query(now=state.clock(), n=n, filter=filter_of(wanted), explain=explain)
    found = await answered_like(state, video_id, query, log)
    return Response(found.json(), media_type="application/json")


router.add_api_route(
    "/videos/{video_id:path}/similar", similar_videos, response_model=Recommendations, route_class_override=QuickRoute
)
