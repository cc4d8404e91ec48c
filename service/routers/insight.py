"""Why a video is shown or not, which tags to ask for or suggest, and whom a video would reach."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response

from recsys.ranking import recommender
from recsys.ranking.audience import Reached
from recsys.ranking.tastes import tag_picks
from recsys.ranking.why import why
from recsys.schema import DIMENSIONS
from service.answering import with_shortlists
from service.auth.gated_route import GatedRoute
from service.auth.gates import OwnReader, Reader
from service.names import Names
from service.problems import described, unknown_video
from service.profiles import Asking, asked_by, known_viewer_of, read_known, viewer_now
from service.reaching import reached
from service.recommending import check_listed, kept_of, ready, reasons_of
from service.routers.parameters import N, PathId, Wanted, as_json
from service.rules import filter_of
from service.schemas.discovery import (
    Audience,
    AudienceRequest,
    Question,
    Questions,
    ReachedViewer,
    TagSuggestion,
    TagSuggestions,
    Why,
)
from service.schemas.fields import Dimension, Id
from service.state import State
from service.storage.tags import dimensions_of, display_names, tags_of_dimensions
from service.threads import in_thread

router = APIRouter(prefix="/v1", tags=["insight"], route_class=GatedRoute)
MAX_ASKED = 200
Asked = Annotated[
    list[Id] | None,
    Query(max_length=MAX_ASKED, description="Tags that were asked already; the next questions build on them"),
]
OfDimension = Annotated[
    list[Dimension] | None, Query(max_length=len(DIMENSIONS), description="Ask only for tags of these dimensions")
]


@router.get("/viewers/{viewer_id:path}/why/{video_id:path}", response_model=Why)
async def why_shown(
    viewer_id: PathId, video_id: PathId, state: OwnReader, wanted: Wanted = None, include_seen: bool = False
) -> Response:
    """Why a video is in a viewer's list and where, or what keeps it out; with its score and reasons either way."""
    snapshot, now = ready(state.live.snapshot), state.clock()
    if snapshot.catalogue.position(video_id) < 0:
        raise unknown_video(video_id)
    with state.store.reading() as connection:
        known = known_viewer_of(connection, viewer_id, state.settings.history_limit)
    asked, muted = filter_of(wanted), known.stated.muted
    query = recommender.Query(now=now, filter=asked, include_seen=include_seen, muted=muted)
    viewer, names = viewer_now(known, snapshot.weights, now), snapshot.names
    found = await state.ranker.do(partial(why, snapshot.contents, snapshot.catalogue, viewer, query, video_id))
    with state.store.reading() as connection:
        names.look_up(connection, [found.video])
    return as_json(
        Why.model_construct(
            viewer_id=viewer_id,
            video_id=video_id,
            title=names.titles.get(video_id),
            place=found.place,
            removed_by=found.removed_by,
            detail=found.detail,
            score=found.video.score,
            state=found.video.state,
            source=found.video.source,
            reasons=reasons_of(found.video.reasons, names),
            bundle=snapshot.bundle.version,
            as_of=now,
        )
    )


@router.get("/viewers/{viewer_id:path}/tags", response_model=TagSuggestions)
async def tags_for_viewer(viewer_id: PathId, state: OwnReader, n: N = 20) -> Response:
    """Tags that a viewer may want to like: those that mark their list off from the catalogue, but for stated ones."""
    snapshot, now = ready(state.live.snapshot), state.clock()
    with state.store.reading() as connection:
        asked = asked_by(connection, Asking(viewer_id))
    query = recommender.Query(now=now, muted=asked.stated.muted)
    read = partial(read_known, state.store, asked, state.settings.history_limit)
    kept = await with_shortlists(state, lambda at_once: kept_of(snapshot, asked, query, read, at_once))
    found = tag_picks(snapshot.contents.model.content, snapshot.catalogue, kept.listed, n, asked.stated.tags)
    with state.store.reading() as connection:
        names = display_names(connection, [one.tag_id for one in found], state.settings.language)
    tags = [
        TagSuggestion.model_construct(
            tag=one.tag_id, name=names.get(one.tag_id), lift=one.lift, is_new=one.is_new, videos=list(one.videos)
        )
        for one in found
    ]
    return as_json(TagSuggestions.model_construct(viewer_id=viewer_id, tags=tags))


@router.get("/onboarding/tags", response_model=Questions)
async def tags_to_ask_for(state: Reader, n: N = 10, asked: Asked = None, dimension: OfDimension = None) -> Response:
    """The few tags whose answers say most of a new viewer, given those that were asked already."""
    snapshot = ready(state.live.snapshot)
    questions = await state.onboarding.of(snapshot.contents)
    with state.store.reading() as connection:
        within = frozenset(tags_of_dimensions(connection, dimension)) if dimension else None
        found = questions.best(n, asked or (), within)
        ids = [one.tag_id for one in found]
        names, dimensions = display_names(connection, ids, state.settings.language), dimensions_of(connection, ids)
    tags = [
        Question.model_construct(
            tag=one.tag_id,
            name=names.get(one.tag_id),
            dimension=dimensions.get(one.tag_id),
            share=one.share,
            says=one.says,
            videos=list(one.videos),
        )
        for one in found
    ]
    return as_json(Questions.model_construct(bundle=snapshot.bundle.version, tags=tags))


@router.get("/videos/{video_id:path}/audience", response_model=Audience)
async def audience_of_video(video_id: PathId, state: Reader, n: N = 20) -> Response:
    """The viewers in whose lists a video would stand highest, among those active last."""
    check_listed(ready(state.live.snapshot), video_id)
    return await _audience(state, video_id, [], n)


@router.post("/audience", response_model=Audience, responses=described(404))
async def audience_of_description(request: AudienceRequest, state: Reader) -> Response:
    """Whom a video would reach that is not there yet, described by its tags; or one that is."""
    if request.video_id is not None:
        return await audience_of_video(request.video_id, state, request.n)
    return await _audience(state, None, request.tags, request.n)


async def _audience(state: State, video_id: str | None, tags: list[str], n: int) -> Response:
    """In a thread: it looks at thousands of viewers."""
    snapshot = ready(state.live.snapshot)
    found, names = await in_thread(reached, state.store, snapshot, video_id, tags, n, state.settings, state.clock())
    viewers = [_viewer(one, names) for one in found]
    return as_json(Audience.model_construct(video_id=video_id, viewers=viewers))


def _viewer(one: Reached, names: Names) -> ReachedViewer:
    return ReachedViewer.model_construct(
        viewer_id=one.viewer_id, place=one.place, score=one.score, reasons=reasons_of(one.reasons, names)
    )
