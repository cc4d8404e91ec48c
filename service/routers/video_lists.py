"""Videos page by page."""

from base64 import b64decode, urlsafe_b64encode
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from recsys.ranking.filter_language import Filter
from recsys.ranking.filters import matching
from recsys.schema import MAX_ID_LENGTH, Mask
from service.auth.gated_route import GatedRoute
from service.auth.gates import Reader
from service.problems import Fault, invalid, shown
from service.recommending import ready
from service.routers.parameters import Wanted, as_json
from service.rules import filter_of
from service.schemas.fields import no_nul
from service.schemas.videos import VideoPage, video_of
from service.snapshot import Snapshot
from service.state import State
from service.storage.pages import video_ids_page
from service.storage.taggings import taggings_of
from service.storage.videos import videos_of

router = APIRouter(prefix="/v1", tags=["videos"], route_class=GatedRoute)
LOOKED_AT = 20_000
"""A filter is asked of so many videos in one request, then the page ends, with whatever was found."""
Cursor = Annotated[
    str | None, Query(max_length=4 * MAX_ID_LENGTH, description="`next_cursor` of the page before; none at first")
]
Limit = Annotated[int, Query(ge=1, le=500, description="How many videos to return at most")]


@router.get("/videos", response_model=VideoPage)
async def list_videos(state: Reader, cursor: Cursor = None, limit: Limit = 100, wanted: Wanted = None) -> Response:
    """Every video, page by page in the order of ids, whether it is available or not."""
    filter_, after = filter_of(wanted), _id_of(cursor)
    mask = None if filter_ is None else _mask(ready(state.live.snapshot), filter_, state)
    with state.store.reading() as connection:
        ids, last = _page(connection, after, limit, state.live.snapshot, mask)
        rows, tags = videos_of(connection, ids), taggings_of(connection, ids)
    standing = {one: [row for row in tags.get(one, ()) if row["withdrawn_at"] is None] for one in ids}
    videos = [video_of(rows[one], standing[one]) for one in ids if one in rows]
    return as_json(VideoPage.model_construct(videos=videos, next_cursor=None if last is None else _cursor_of(last)))


def _mask(snapshot: Snapshot, wanted: Filter, state: State) -> Mask:
    return matching(snapshot.catalogue, wanted, state.clock())


def _page(
    connection: Connection, after: str, limit: int, snapshot: Snapshot | None, mask: Mask | None
) -> tuple[list[str], str | None]:
    """The ids of a page, and the last one that was looked at if there may be more."""
    if mask is None or snapshot is None:
        ids = video_ids_page(connection, after, limit)
        return ids, ids[-1] if len(ids) == limit else None
    found: list[str] = []
    looked_at = video_ids_page(connection, after, LOOKED_AT)
    for one in looked_at:
        position = snapshot.catalogue.position(one)
        if position >= 0 and mask[position]:
            found.append(one)
            if len(found) == limit:
                return found, one
    return found, looked_at[-1] if len(looked_at) == LOOKED_AT else None


def _cursor_of(video_id: str) -> str:
    return urlsafe_b64encode(video_id.encode()).decode().rstrip("=")


def _id_of(cursor: str | None) -> str:
    if cursor is None:
        return ""
    try:
        return no_nul(b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode())
    except ValueError:
        raise invalid([Fault("cursor", shown(cursor), "it is the next_cursor of another page, as it came")]) from None
