"""Lists for gorse's clients: recommended to a user or a session, like an item, published last, watched most."""

import json
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from pydantic import TypeAdapter

from recsys.ranking import recommender
from recsys.ranking.filter_language import Filter, tagged
from recsys.schema import MAX_ID_LENGTH
from service.answering import answered, answered_like
from service.auth.access import Caller
from service.auth.gated_route import GatedRoute
from service.auth.gates import CALLER, Reader
from service.auth.keys import Scope
from service.problems import Fault, ProblemError, invalid
from service.recommending import is_listed, ready
from service.routers.gorse import MOST_FEEDBACK, PLAIN, Count, PathId, add_feedback
from service.schemas.gorse import CATEGORY, GorseFeedback, GorseScore, SessionFeedback, category, event_type
from service.schemas.recommendations import MAX_HISTORY, MAX_N, HistoryEvent, RecommendationRequest
from service.state import State
from service.storage.pages import events_of, newest_videos
from service.threads import in_thread
from service.trends import usable

router = APIRouter(prefix="/api", tags=["gorse"], route_class=GatedRoute)
POPULAR_WINDOW_H = 24.0 * 30
Category = Annotated[str, Path(max_length=MAX_ID_LENGTH - len(CATEGORY), pattern=PLAIN, examples=["film"])]
"""Empty for all of them: a client of gorse's ends the address with a slash then."""
Offset = Annotated[int, Query(ge=0, lt=MAX_N, description="How many to leave out before them")]
Without = Annotated[
    str | None, Query(alias="user-id", max_length=MAX_ID_LENGTH, pattern=PLAIN, description="Leave out what they had")
]
Version = Annotated[str, Header(alias="X-API-Version", description="2 for scores, else ids alone")]
WriteBack = Annotated[
    str | None, Query(alias="write-back-type", max_length=MAX_ID_LENGTH, description="Write feedback for what is shown")
]
Delay = Annotated[str | None, Query(alias="write-back-delay", max_length=40, description="None but 0 can be had")]
_SCORES = TypeAdapter(list[GorseScore])


@router.get("/recommend/{user_id}/{category_name:path}", response_model=list[GorseScore] | list[str])
async def recommend_in_category(
    request: Request,
    user_id: PathId,
    category_name: Category,
    state: Reader,
    n: Count = 10,
    offset: Offset = 0,
    write_back_type: WriteBack = None,
    write_back_delay: Delay = None,
    version: Version = "",
) -> Response:
    """Recommend items of a category to a user."""
    back = _write_back(request, state, write_back_type, write_back_delay)
    return await _recommend(state, user_id, category_name, n, offset, back, version)


@router.get("/recommend/{user_id}", response_model=list[GorseScore] | list[str])
async def recommend_items(
    request: Request,
    user_id: PathId,
    state: Reader,
    n: Count = 10,
    offset: Offset = 0,
    write_back_type: WriteBack = None,
    write_back_delay: Delay = None,
    version: Version = "",
) -> Response:
    """Recommend items to a user."""
    back = _write_back(request, state, write_back_type, write_back_delay)
    return await _recommend(state, user_id, "", n, offset, back, version)


@router.post("/session/recommend", response_model=list[GorseScore])
async def recommend_to_session(
    feedback: Annotated[list[SessionFeedback], Body(max_length=MAX_HISTORY)],
    state: Reader,
    n: Count = 10,
    offset: Offset = 0,
) -> Response:
    """Recommend items to somebody of whom only this feedback is known; nothing is kept."""
    history = [
        HistoryEvent(
            video_id=one.item_id,
            event_type=event_type(one.feedback_type, state.settings.gorse_feedback),
            occurred_at=one.timestamp,
        )
        for one in feedback
    ]
    asked = RecommendationRequest(history=history, n=_end(n, offset), explain=False)
    return _scores(await _answer(state, asked, offset))


@router.get("/item/{item_id}/neighbors", response_model=list[GorseScore])
async def item_neighbors(item_id: PathId, state: Reader, n: Count = 10, offset: Offset = 0) -> Response:
    """Items like an item; none where it is unknown."""
    query = recommender.Query(now=state.clock(), n=_end(n, offset), explain=False)
    if not is_listed(ready(state.live.snapshot), item_id):
        return _scores([])
    found = await answered_like(state, item_id, query, logged=False)
    return _scores([GorseScore(id=one.video_id, score=one.score) for one in found.ranked.videos[offset:]])


@router.get("/latest/{category_name}", response_model=list[GorseScore])
async def latest_in_category(
    category_name: Category, state: Reader, n: Count = 10, offset: Offset = 0, user_id: Without = None
) -> Response:
    """The items of a category that were published last."""
    return await _latest(state, category(category_name), n, offset, user_id)


@router.get("/latest", response_model=list[GorseScore])
async def latest_items(state: Reader, n: Count = 10, offset: Offset = 0, user_id: Without = None) -> Response:
    """The items that were published last; the score is the time in seconds."""
    return await _latest(state, None, n, offset, user_id)


@router.get("/popular/{category_name}", response_model=list[GorseScore])
async def popular_in_category(
    category_name: Category, state: Reader, n: Count = 10, offset: Offset = 0, user_id: Without = None
) -> Response:
    """The items of a category that most users watched in the last 30 days."""
    return await _popular(state, tagged(category(category_name)), n, offset, user_id)


@router.get("/popular", response_model=list[GorseScore])
async def popular_items(state: Reader, n: Count = 10, offset: Offset = 0, user_id: Without = None) -> Response:
    """The items that most users watched in the last 30 days; the score is how many."""
    return await _popular(state, None, n, offset, user_id)


async def _recommend(
    state: State, user_id: str, category_name: str, n: int, offset: int, back: str | None, version: str
) -> Response:
    wanted = f"tags has {json.dumps(category(category_name), ensure_ascii=False)}" if category_name else None
    asked = RecommendationRequest(viewer_id=user_id, n=_end(n, offset), filter=wanted, explain=False)
    found = await _answer(state, asked, offset)
    if back is not None:
        shown = [GorseFeedback(feedback_type=back, user_id=user_id, item_id=one.id) for one in found]
        await add_feedback(shown, state, replacing=False)
    return (
        _scores(found)
        if version == "2"
        else Response(json.dumps([one.id for one in found]), media_type="application/json")
    )


async def _answer(state: State, asked: RecommendationRequest, offset: int) -> list[GorseScore]:
    """A ranked list, but for what the offset leaves out; written down as shown where it is shown from its start."""
    found = await answered(state, asked, logged=not offset)
    return [GorseScore(id=one.video_id, score=one.score) for one in found.ranked.videos[offset:]]


def _write_back(request: Request, state: State, feedback_type: str | None, delay: str | None) -> str | None:
    """The type of the feedback to write for what is shown. ProblemError where the key may not, or it cannot be."""
    if feedback_type is None:
        return None
    if delay and delay.strip("0hms"):
        raise invalid([Fault("write-back-delay", delay, "feedback counts from the next answer on; it cannot wait")])
    event_type(feedback_type, state.settings.gorse_feedback, "write-back-type")
    caller: Caller = request.scope[CALLER]
    if caller.scope < Scope.WRITE:
        what = f"write-back-type writes feedback; this key is of scope {caller.scope.label}"
        raise ProblemError(403, "scope-too-low", what)
    return feedback_type


async def _latest(state: State, tag_id: str | None, n: int, offset: int, without: str | None) -> Response:
    def read() -> list[tuple[str, int]]:
        with state.store.reading() as connection:
            return newest_videos(connection, state.clock(), _end(n, offset), tag_id, without)

    found = await in_thread(read)
    return _scores([GorseScore(id=video_id, score=published_at / 1000) for video_id, published_at in found[offset:]])


async def _popular(state: State, wanted: Filter | None, n: int, offset: int, without: str | None) -> Response:
    catalogue, now, end = ready(state.live.snapshot).catalogue, state.clock(), _end(n, offset)
    watched = await state.trends.of(POPULAR_WINDOW_H, now, by_number=True)
    had = _had(state, without)
    there = (one for one in usable(watched, catalogue, [wanted], now) if one.video_id not in had)
    found = [GorseScore(id=one.video_id, score=one.n_viewers) for one in islice(there, end)]
    return _scores(found[offset:])


def _had(state: State, user_id: str | None) -> set[str]:
    if user_id is None:
        return set()
    with state.store.reading() as connection:
        return {one["video_id"] for one in events_of(connection, user_id, MOST_FEEDBACK)}


def _end(n: int, offset: int) -> int:
    if n + offset > MAX_N:
        raise invalid([Fault("offset", offset, f"n and offset together reach to {MAX_N} at most")])
    return n + offset


def _scores(found: list[GorseScore]) -> Response:
    return Response(_SCORES.dump_json(found, by_alias=True), media_type="application/json")
