"""What is known of a viewer, and what they say of tags themselves."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from recsys.ranking.tastes import Taste as PlainTaste
from recsys.ranking.tastes import tastes
from recsys.ranking.viewer import known_viewer
from service.auth.gated_route import GatedRoute
from service.auth.gates import OwnReader, Writer
from service.problems import Fault, invalid
from service.profiles import known_viewer_of, viewer_now
from service.routers.parameters import PathId, as_json
from service.schemas.viewers import Evidence, Past, Profile, ProfileChange, StatedTag, Taste
from service.snapshot import Snapshot
from service.state import State
from service.storage.events import history
from service.storage.tags import display_names
from service.storage.videos import titles
from service.storage.viewer_tags import state_tags, unstate_tags, viewer_tags

router = APIRouter(prefix="/v1", tags=["viewers"], route_class=GatedRoute)
Limit = Annotated[int, Query(ge=0, le=1000, description="How many of the last events to show")]


@router.get("/viewers/{viewer_id:path}/profile", response_model=Profile)
async def read_profile(viewer_id: PathId, state: OwnReader, history: Limit = 50) -> Response:
    """What a viewer stated, what is held of them and why, and their last events; all empty where nothing is known."""
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
    snapshot, language = state.live.snapshot, state.settings.language
    with state.store.reading() as connection:
        stated = viewer_tags(connection, viewer_id)
        past = history(connection, viewer_id, limit)
        held = [] if snapshot is None else _tastes(connection, snapshot, viewer_id, state)
        named = [one["tag_id"] for one in stated] + [one.tag_id for one in held]
        tag_names = display_names(connection, sorted(set(named)), language)
        watched = {one.video_id for one in past} | {video_id for one in held for video_id, _ in one.videos}
        video_titles = titles(connection, sorted(watched))
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
    shown = [_taste(one, tag_names, video_titles) for one in held]
    return as_json(Profile.model_construct(viewer_id=viewer_id, tags=tags, tastes=shown, history=events))


def _tastes(connection: Connection, snapshot: Snapshot, viewer_id: str, state: State) -> list[PlainTaste]:
    """What ranking makes of the viewer, tag by tag."""
    now = state.clock()
    known = known_viewer_of(connection, viewer_id, state.settings.history_limit)
    viewer = known_viewer(viewer_now(known, snapshot.weights, now), snapshot.catalogue, now)
    return tastes(snapshot.contents.model.content, snapshot.catalogue, viewer)


def _taste(one: PlainTaste, names: Mapping[str, str], titled: Mapping[str, str | None]) -> Taste:
    evidence = [
        Evidence.model_construct(video_id=video_id, title=titled.get(video_id), value=value)
        for video_id, value in one.videos
    ]
    return Taste.model_construct(
        tag=one.tag_id, name=names.get(one.tag_id), weight=one.weight, stated=one.stated, videos=evidence
    )
