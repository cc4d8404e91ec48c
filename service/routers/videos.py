"""Videos: put, look up, delete. What is written is in the next answer of this process, and soon of all others."""

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from service.auth.gated_route import GatedRoute
from service.auth.gates import Reader, Writer
from service.problems import ProblemError
from service.routers.parameters import PathId, as_json
from service.schemas.videos import Video, VideoFields, tag_rows, video_of
from service.state import State
from service.storage.taggings import replace_taggings, standing_tags
from service.storage.videos import delete_video, get_video, put_videos

router = APIRouter(prefix="/v1", tags=["videos"], route_class=GatedRoute)


@router.put("/videos/{video_id:path}", response_model=Video)
async def store_video(video_id: PathId, video: VideoFields, state: Writer) -> Response:
    """Put a video in place of what was there. Tags that are given replace its tags of every source."""

    def write(connection: Connection) -> None:
        now = state.clock()
        put_videos(connection, [video.row(video_id)], now)
        if video.tags is not None:
            replace_taggings(connection, {video_id: tag_rows(video.tags)}, now)

    await state.store.write(write)
    await state.live.follow_store()
    return _found(state, video_id)


@router.get("/videos/{video_id:path}", response_model=Video)
async def read_video(video_id: PathId, state: Reader) -> Response:
    """A video and the tags that it has now."""
    return _found(state, video_id)


@router.delete("/videos/{video_id:path}", status_code=204)
async def remove_video(video_id: PathId, state: Writer) -> Response:
    """Delete a video: it is shown to nobody any more. What viewers did with it stays."""
    if not await state.store.write(lambda connection: delete_video(connection, video_id, state.clock())):
        raise unknown(video_id)
    await state.live.follow_store()
    return Response(status_code=204)


def unknown(video_id: str) -> ProblemError:
    """The problem of a video that is not there."""
    return ProblemError(404, "unknown-video", f"No video {video_id!r}; PUT /v1/videos/{{id}} puts one")


def _found(state: State, video_id: str) -> Response:
    with state.store.reading() as connection:
        row = get_video(connection, video_id)
        tags = standing_tags(connection, video_id)
    if row is None:
        raise unknown(video_id)
    return as_json(video_of(row, tags))
