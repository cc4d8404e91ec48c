"""What is known of a viewer, and what they say of tags themselves."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from service.auth.gated_route import GatedRoute
from service.auth.gates import OwnReader, Writer
from service.problems import Fault, invalid
from service.routers.parameters import PathId, as_json
from service.schemas.viewers import Past, Profile, ProfileChange, StatedTag
from service.state import State
from service.storage.events import history
from service.storage.tags import display_names
from service.storage.videos import titles
from service.storage.viewer_tags import state_tags, unstate_tags, viewer_tags

router = APIRouter(prefix="/v1", tags=["viewers"], route_class=GatedRoute)
Limit = Annotated[int, Query(ge=0, le=1000, description="How many of the last events to show")]


@router.get("/viewers/{viewer_id:path}/profile", response_model=Profile)
async def read_profile(viewer_id: PathId, state: OwnReader, history: Limit = 50) -> Response:
    """A viewer's stated tags and last events; both empty where nothing is known."""
    return _profile(state, viewer_id, history)


@router.patch("/viewers/{viewer_id:path}/profile", response_model=Profile)
async def change_profile(viewer_id: PathId, change: ProfileChange, state: Writer, history: Limit = 50) -> Response:
    """Like, mute, weigh or forget tags; it counts from the next answer on."""
    twice = change.named_twice()
    if twice is not None:
        raise invalid([Fault("", twice, f"{twice!r} is named twice; a tag has one state")])

    def write(connection: Connection) -> None:
        unstate_tags(connection, viewer_id, change.clear)
        state_tags(connection, viewer_id, change.rows(), state.clock())

    await state.store.write(write)
    return _profile(state, viewer_id, history)


def _profile(state: State, viewer_id: str, limit: int) -> Response:
    with state.store.reading() as connection:
        stated = viewer_tags(connection, viewer_id)
        past = history(connection, viewer_id, limit)
        tag_names = display_names(connection, [one["tag_id"] for one in stated], state.settings.language)
        video_titles = titles(connection, sorted({one.video_id for one in past}))
    tags = [
        StatedTag.model_construct(
            tag=one["tag_id"],
            name=tag_names.get(one["tag_id"]),
            state=one["state"],
            weight=one["weight"],
            set_at=one["set_at"],
        )
        for one in stated
    ]
    events = [
        Past.model_construct(
            video_id=one.video_id,
            title=video_titles.get(one.video_id),
            event_type=one.event_type,
            watched_s=one.watched_s,
            occurred_at=one.occurred_at,
        )
        for one in past
    ]
    return as_json(Profile.model_construct(viewer_id=viewer_id, tags=tags, history=events))
