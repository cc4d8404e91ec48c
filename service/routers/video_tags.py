"""The tags of one video."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from recsys.schema import MAX_ID_LENGTH, SOURCE_PATTERN
from service.auth.gated_route import GatedRoute
from service.auth.gates import Reader, Writer
from service.preconditions import Expected, Precondition
from service.problems import Fault, invalid, unknown_video
from service.routers.parameters import PathId, as_json
from service.schemas.videos import TagList, VideoTags, standing, tag_rows
from service.state import State
from service.storage.taggings import replace_taggings, standing_tags
from service.storage.videos import get_video, mark_changed

router = APIRouter(prefix="/v1", tags=["videos"], route_class=GatedRoute)
OfSource = Annotated[
    str | None,
    Query(max_length=MAX_ID_LENGTH, pattern=f"^(?:{SOURCE_PATTERN})$", description="Replace only this source's tags"),
]


@router.get("/videos/{video_id:path}/tags", response_model=VideoTags)
async def read_video_tags(video_id: PathId, state: Reader, expected: Expected) -> Response:
    """The tags that a video has now, by every source."""
    return _found(state, video_id, expected)


@router.put("/videos/{video_id:path}/tags", response_model=VideoTags)
async def replace_video_tags(
    video_id: PathId, tags: TagList, state: Writer, expected: Expected, source: OfSource = None
) -> Response:
    """Replace a video's tags: those of every source, or of one. Others are withdrawn, and training knows since when."""
    strange = [i for i, one in enumerate(tags.tags) if source is not None and one.source != source]
    if strange:
        one = tags.tags[strange[0]]
        raise invalid([Fault(f"tags[{strange[0]}].source", one.source, f"only tags of source {source} are replaced")])

    def write(connection: Connection) -> bool:
        now, row = state.clock(), get_video(connection, video_id)
        expected.check(None if row is None else row["changed_at"])
        is_there = mark_changed(connection, video_id, now)
        if is_there:
            replace_taggings(connection, {video_id: tag_rows(tags.tags)}, now, source)
        return is_there

    if not await state.store.write(write):
        raise unknown_video(video_id)
    await state.live.follow_store()
    return _found(state, video_id)


def _found(state: State, video_id: str, expected: Precondition = Precondition()) -> Response:
    with state.store.reading() as connection:
        row = get_video(connection, video_id)
        tags = standing_tags(connection, video_id)
    if row is None:
        raise unknown_video(video_id)
    found = VideoTags.model_construct(video_id=video_id, tags=standing(tags))
    return expected.answer(row["changed_at"], as_json(found))
