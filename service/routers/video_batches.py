"""Many videos in one request; each is checked alone, and the good ones are stored together."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from sqlalchemy import Connection

from service.auth.gated_route import GatedRoute
from service.auth.gates import Writer
from service.problems import FaultBody, validation_faults
from service.routers.parameters import as_json, json_body, listed, read_json
from service.schemas.videos import RowResult, VideoBatch, VideoBatchResult, VideoInBatch, tag_rows
from service.storage.taggings import replace_taggings
from service.storage.videos import put_videos

router = APIRouter(prefix="/v1", tags=["videos"], route_class=GatedRoute)
_EXAMPLE = {"videos": [{"video_id": "v1", "title": "Two cats and a box", "tags": ["animal:cat"]}]}


@router.post("/videos:batch", response_model=VideoBatchResult, openapi_extra=json_body(VideoBatch, example=_EXAMPLE))
async def store_videos(request: Request, state: Writer) -> Response:
    """Put many videos. Rows that break a rule are rejected one by one; of a video given twice, the last row wins."""
    rows = listed(await read_json(request), "videos", state.settings.max_batch)
    checked = [_checked(row) for row in rows]
    good = [one for one in checked if isinstance(one, VideoInBatch)]
    if good:
        await state.store.write(lambda connection: _write(connection, good, state.clock()))
        await state.live.follow_store()
    results = [
        RowResult(video_id=one.video_id, status="stored") if isinstance(one, VideoInBatch) else one for one in checked
    ]
    return as_json(VideoBatchResult(stored=len(good), rejected=len(rows) - len(good), results=results))


def _checked(row: Any) -> VideoInBatch | RowResult:
    try:
        return VideoInBatch.model_validate(row)
    except ValidationError as error:
        faults = [FaultBody(field=f.field, value=f.value, rule=f.rule) for f in validation_faults(error)]
        given = row.get("video_id") if isinstance(row, dict) else None
        return RowResult(video_id=given if isinstance(given, str) else None, status="rejected", errors=faults)


def _write(connection: Connection, videos: list[VideoInBatch], now: int) -> None:
    last = {one.video_id: one for one in videos}
    put_videos(connection, [one.row(video_id) for video_id, one in last.items()], now)
    tagged = {video_id: tag_rows(one.tags) for video_id, one in last.items() if one.tags is not None}
    replace_taggings(connection, tagged, now)
