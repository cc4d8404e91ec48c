"""Videos like a video."""

from fastapi import APIRouter, Response

from recsys.ranking.recommender import Query
from service.auth.gated_route import GatedRoute
from service.auth.gates import Reader
from service.recommending import like_video, ready
from service.routers.parameters import Explain, Log, N, PathId, Wanted
from service.rules import filter_of
from service.schemas.recommendations import Recommendations

router = APIRouter(prefix="/v1", tags=["recommendations"], route_class=GatedRoute)


@router.get("/videos/{video_id:path}/similar", response_model=Recommendations)
async def similar_videos(
    video_id: PathId, state: Reader, n: N = 20, wanted: Wanted = None, explain: Explain = True, log: Log = True
) -> Response:
    """Rank videos by likeness to one, which may be seconds old."""
    query = Query(now=state.clock(), n=n, filter=filter_of(wanted), explain=explain)
    found = like_video(state.store, ready(state.live.snapshot), video_id, query)
    if log:
        state.shown.add(found)
    state.metrics.recommended(found)
    return Response(found.json(), media_type="application/json")
