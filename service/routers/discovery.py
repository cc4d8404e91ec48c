"""What a page is made of besides one ranked list: rows, what to go on with, what is watched now."""

from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from recsys.ranking import recommender
from recsys.ranking.filter_language import tagged
from recsys.schema import MAX_ID_LENGTH
from service.auth.gated_route import GatedRoute
from service.auth.gates import OwnReader, Reader
from service.continuing import begun
from service.recommending import ready
from service.routers.parameters import Log, N, PathId, Wanted, as_json
from service.rows import rows_for
from service.rules import filter_of
from service.schemas.discovery import Continue, Rows, Trend, Trends, Unfinished
from service.snapshot import Snapshot
from service.storage.events import history
from service.storage.videos import titles
from service.trends import usable

router = APIRouter(prefix="/v1", tags=["recommendations"], route_class=GatedRoute)
MAX_WINDOW_H = 24 * 31
ROWS_WINDOW_H = 24.0
Window = Annotated[float, Query(ge=1, le=MAX_WINDOW_H, description="Hours that count as now")]
RowCount = Annotated[int, Query(ge=1, le=20, description="How many rows")]
Order = Annotated[Literal["rise", "viewers"], Query(description="By rise over what was expected, or by number")]
OfTag = Annotated[str | None, Query(min_length=1, max_length=MAX_ID_LENGTH, description="Only videos with this tag")]


@router.get("/viewers/{viewer_id:path}/rows", response_model=Rows)
async def rows_of_viewer(
    viewer_id: PathId, state: OwnReader, n: N = 20, rows: RowCount = 6, log: Log = True
) -> Response:
    """Rows of a viewer's page: for them, because they watched, more of a tag, trending, new. No video comes twice."""
    now = state.clock()
    rising = await state.trends.of(ROWS_WINDOW_H, now)
    snapshot = ready(state.live.snapshot)
    found = await rows_for(state, snapshot, viewer_id, recommender.Query(now=now, n=n), rows, rising)
    for _, one in found if log else ():
        state.shown.add(one)
    made = [row for row, _ in found]
    return as_json(Rows.model_construct(viewer_id=viewer_id, bundle=snapshot.bundle.version, as_of=now, rows=made))


@router.get("/viewers/{viewer_id:path}/continue", response_model=Continue)
async def continue_watching(viewer_id: PathId, state: OwnReader, n: N = 20) -> Response:
    """What a viewer began and did not finish, the latest first."""
    with state.store.reading() as connection:
        found = begun(history(connection, viewer_id, state.settings.history_limit))
        there = titles(connection, sorted({one.video_id for one in found}))
    now, snapshot = state.clock(), state.live.snapshot
    shown = [one for one in found if one.video_id in there and _is_available(snapshot, one.video_id, now)]
    videos = [
        Unfinished.model_construct(
            video_id=one.video_id,
            title=there[one.video_id],
            watched_s=one.watched_s,
            duration_s=one.duration_s,
            share=one.share,
            last_watched_at=one.last_at,
        )
        for one in shown[:n]
    ]
    return as_json(Continue.model_construct(viewer_id=viewer_id, videos=videos))


@router.get("/trending", response_model=Trends)
async def trending(
    state: Reader, n: N = 20, window_h: Window = 24, order: Order = "rise", tag: OfTag = None, wanted: Wanted = None
) -> Response:
    """What is watched now, by viewers; by default what more people watch than in the windows before."""
    snapshot, now = ready(state.live.snapshot), state.clock()
    filters = [filter_of(wanted), None if tag is None else tagged(tag)]
    found = await state.trends.of(window_h, now, order == "viewers")
    there = usable(found, snapshot.catalogue, filters, now)
    shown = list(islice((one for one in there if order == "viewers" or one.rise > 0), n))
    with state.store.reading() as connection:
        named = titles(connection, [one.video_id for one in shown])
    videos = [
        Trend.model_construct(
            video_id=one.video_id,
            title=named.get(one.video_id),
            n_viewers=one.n_viewers,
            expected=one.expected,
            score=one.rise if order == "rise" else float(one.n_viewers),
        )
        for one in shown
    ]
    return as_json(Trends.model_construct(window_h=window_h, as_of=now, videos=videos))


def _is_available(snapshot: Snapshot | None, video_id: str, now: int) -> bool:
    """Whether a video may be shown; without a bundle nothing speaks against it."""
    if snapshot is None:
        return True
    position = snapshot.catalogue.position(video_id)
    return position < 0 or bool(snapshot.catalogue.available(now)[position])
