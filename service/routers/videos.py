"""Videos: put, change, look up, delete. What is written is in this process's next answer, and soon in all others'."""

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from service.auth.gated_route import GatedRoute
from service.auth.gates import Reader, Writer
from service.preconditions import Expected, Precondition
from service.problems import unknown_video
from service.routers.parameters import PathId, as_json
from service.schemas.videos import Video, VideoFields, VideoPatch, tag_rows, video_of
from service.state import State
from service.storage.taggings import replace_taggings, standing_tags
from service.storage.videos import delete_video, get_video, put_videos

router = APIRouter(prefix="/v1", tags=["videos"], route_class=GatedRoute)


@router.put("/videos/{video_id:path}", response_model=Video)
async def store_video(video_id: PathId, video: VideoFields, state: Writer, expected: Expected) -> Response:
    """Put a video in place of what was there. Tags that are given replace its tags of every source."""

    def write(connection: Connection) -> None:
        now, row = state.clock(), get_video(connection, video_id)
        expected.check(None if row is None else row["changed_at"])
        put_videos(connection, [video.row(video_id)], now)
        if video.tags is not None:
            replace_taggings(connection, {video_id: tag_rows(video.tags)}, now)

    await state.store.write(write)
    await state.live.follow_store()
    return _found(state, video_id)


@router.patch("/videos/{video_id:path}", response_model=Video)
async def change_video(video_id: PathId, patch: VideoPatch, state: Writer, expected: Expected) -> Response:
    """Change the fields that are given; null clears one. In `attributes` too only what is given changes (RFC 7396)."""

    def write(connection: Connection) -> None:
        now, row = state.clock(), get_video(connection, video_id)
        expected.check(None if row is None else row["changed_at"])
        if row is None:
            raise unknown_video(video_id)
        put_videos(connection, [patch.onto(dict(row))], now)
        if "tags" in patch.model_fields_set:
            replace_taggings(connection, {video_id: tag_rows(patch.tags or [])}, now)

    await state.store.write(write)
    await state.live.follow_store()
    return _found(state, video_id)


@router.get("/videos/{video_id:path}", response_model=Video)
async def read_video(video_id: PathId, state: Reader, expected: Expected) -> Response:
    """A video and the tags that it has now."""
    return _found(state, video_id, expected)


@router.delete("/videos/{video_id:path}", status_code=204)
async def remove_video(video_id: PathId, state: Writer, expected: Expected) -> Response:
    """Delete a video: it is shown to nobody any more. What viewers did with it stays."""

    def write(connection: Connection) -> None:
        row = get_video(connection, video_id)
        expected.check(None if row is None else row["changed_at"])
        if not delete_video(connection, video_id, state.clock()):
            raise unknown_video(video_id)

    await state.store.write(write)
    await state.live.follow_store()
    return Response(status_code=204)


def _found(state: State, video_id: str, expected: Precondition = Precondition()) -> Response:
    with state.store.reading() as connection:
        row = get_video(connection, video_id)
        tags = standing_tags(connection, video_id)
    if row is None:
        raise unknown_video(video_id)
    return expected.answer(row["changed_at"], as_json(video_of(row, tags)))
