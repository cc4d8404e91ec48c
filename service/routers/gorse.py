"""The part of gorse's own API that its clients need, so that they work unchanged: items, users, feedback, lists.

What they write is in the next answer, here and in `/v1`; what the words mean is in `service.schemas.gorse`.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, TypeAdapter
from sqlalchemy import Connection, RowMapping

from recsys.schema import MAX_ID_LENGTH
from recsys.timeline import iso
from service.auth.gated_route import GatedRoute
from service.auth.gates import Reader, Writer
from service.problems import Fault, ProblemError, invalid
from service.schemas.gorse import (
    GorseFeedback,
    GorseFeedbackReply,
    GorseFeedbacks,
    GorseItem,
    GorseItemPatch,
    GorseItemReply,
    GorseItems,
    GorseSuccess,
    GorseUser,
    GorseUsers,
    event_type,
    feedback_of,
    item_of,
    user_of,
)
from service.schemas.recommendations import MAX_N
from service.state import State
from service.storage.events import activity, append
from service.storage.pages import (
    delete_events,
    events_of,
    events_page,
    find_videos,
    videos_page,
    viewers_page,
)
from service.storage.rows import add_missing
from service.storage.tables import EVENTS, VIEWERS
from service.storage.taggings import replace_taggings, standing_tags
from service.storage.videos import delete_video, get_video, put_videos
from service.storage.viewers import forget, get_viewer, put_viewer

router = APIRouter(prefix="/api", tags=["gorse"], route_class=GatedRoute)
MOST_FEEDBACK = 1000
PLAIN = r"^[^\x00-\x1f\x7f]*$"
PathId = Annotated[str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=PLAIN, examples=["u1"])]
Count = Annotated[int, Query(ge=1, le=MAX_N, description="How many to return")]
Cursor = Annotated[str, Query(max_length=MAX_ID_LENGTH, pattern=PLAIN, description="Of the page before")]
Words = Annotated[str, Query(max_length=200, pattern=PLAIN, description="Only items that hold these words")]


@router.post("/feedback", response_model=GorseSuccess)
async def insert_feedback(feedback: list[GorseFeedback], state: Writer) -> Response:
    """Add feedback; what is there already is left as it is. Users come into being with it."""
    return await add_feedback(feedback, state, replacing=False)


@router.put("/feedback", response_model=GorseSuccess)
async def replace_feedback(feedback: list[GorseFeedback], state: Writer) -> Response:
    """Add feedback in place of what is there."""
    return await add_feedback(feedback, state, replacing=True)


@router.get("/feedback", response_model=GorseFeedbacks)
async def list_feedback(state: Reader, n: Count = 10, cursor: Cursor = "") -> Response:
    """All feedback, page by page."""
    with state.store.reading() as connection:
        rows = events_page(connection, cursor, n)
    found = [feedback_of(one) for one in rows]
    return _shown(GorseFeedbacks(cursor=_next(rows, "event_id", n), feedback=found))


@router.delete("/feedback/{user_id}/{item_id}", response_model=GorseSuccess)
async def delete_feedback(user_id: PathId, item_id: PathId, state: Writer) -> Response:
    """Delete all that a user did to an item: it no longer counts in the next answer."""
    of = (EVENTS.c.viewer_id == user_id, EVENTS.c.video_id == item_id)
    return _done(await state.store.write(lambda connection: delete_events(connection, *of)))


@router.get("/user/{user_id}/feedback", response_model=list[GorseFeedbackReply])
async def user_feedback(user_id: PathId, state: Reader) -> Response:
    """A user's last feedback, the newest first."""
    return _shown_all(_feedback(state, user_id))


@router.get("/user/{user_id}/feedback/{feedback_type}", response_model=list[GorseFeedbackReply])
async def user_feedback_of_type(user_id: PathId, feedback_type: PathId, state: Reader) -> Response:
    """A user's last feedback of a type, the newest first."""
    return _shown_all([one for one in _feedback(state, user_id) if one.feedback_type == feedback_type])


@router.post("/item", response_model=GorseSuccess)
async def insert_item(item: GorseItem, state: Writer) -> Response:
    """Put an item. What gorse has no word for, such as a video's length, stays as it is."""
    return await _put_items([item], state)


@router.post("/items", response_model=GorseSuccess)
async def insert_items(items: list[GorseItem], state: Writer) -> Response:
    """Put items, all of them or none."""
    return await _put_items(items, state)


@router.get("/items", response_model=GorseItems)
async def list_items(state: Reader, n: Count = 10, cursor: Cursor = "", q: Words = "") -> Response:
    """All items, page by page; or the first that hold some words."""
    with state.store.reading() as connection:
        rows = find_videos(connection, q, n) if q else videos_page(connection, cursor, n)
        items = [item_of(one, _labels(connection, one["video_id"]), state.clock()) for one in rows]
    return _shown(GorseItems(cursor="" if q else _next(rows, "video_id", n), items=items))


@router.get("/item/{item_id}", response_model=GorseItemReply)
async def get_item(item_id: PathId, state: Reader) -> Response:
    """An item."""
    with state.store.reading() as connection:
        row = get_video(connection, item_id)
        if row is None:
            raise _unknown("item", item_id)
        return _shown(item_of(row, _labels(connection, item_id), state.clock()))


@router.patch("/item/{item_id}", response_model=GorseSuccess)
async def update_item(item_id: PathId, patch: GorseItemPatch, state: Writer) -> Response:
    """Change an item; what is absent or null stays."""

    def write(connection: Connection) -> None:
        if get_video(connection, item_id) is None:
            raise _unknown("item", item_id)
        _change(connection, {item_id: patch}, state.clock())

    await state.store.write(write)
    await state.live.follow_store()
    return _done(1)


@router.delete("/item/{item_id}", response_model=GorseSuccess)
async def delete_item(item_id: PathId, state: Writer) -> Response:
    """Delete an item: it is shown to nobody any more. What users did with it stays, for training."""
    is_there = await state.store.write(lambda connection: delete_video(connection, item_id, state.clock()))
    await state.live.follow_store()
    return _done(int(is_there))


@router.post("/user", response_model=GorseSuccess)
async def insert_user(user: GorseUser, state: Writer) -> Response:
    """Put a user."""
    return await _put_users([user], state)


@router.post("/users", response_model=GorseSuccess)
async def insert_users(users: list[GorseUser], state: Writer) -> Response:
    """Put users, all of them or none."""
    return await _put_users(users, state)


@router.get("/users", response_model=GorseUsers)
async def list_users(state: Reader, n: Count = 10, cursor: Cursor = "") -> Response:
    """All users, page by page."""
    with state.store.reading() as connection:
        rows = viewers_page(connection, cursor, n)
    users = [user_of(one["viewer_id"], one["attributes"]) for one in rows]
    return _shown(GorseUsers(cursor=_next(rows, "viewer_id", n), users=users))


@router.get("/user/{user_id}", response_model=GorseUser)
async def get_user(user_id: PathId, state: Reader) -> Response:
    """A user."""
    with state.store.reading() as connection:
        row = get_viewer(connection, user_id)
        if row is None and not activity(connection, user_id).n_events:
            raise _unknown("user", user_id)
    return _shown(user_of(user_id, None if row is None else row["attributes"]))


@router.delete("/user/{user_id}", response_model=GorseSuccess)
async def delete_user(user_id: PathId, state: Writer) -> Response:
    """Forget a user: everything that the store holds of them."""
    n_rows = await state.store.write(lambda connection: forget(connection, user_id, state.clock()))
    await state.store.scrub()
    return _done(int(n_rows > 0))


async def add_feedback(feedback: list[GorseFeedback], state: State, replacing: bool) -> Response:
    """Write feedback, all of it or none."""
    _check_size(feedback, state)
    now = state.clock()
    latest = now + round(state.settings.max_skew_s * 1000)
    late = [at for at, one in enumerate(feedback) if one.timestamp is not None and one.timestamp > latest]
    if late:
        told = iso(feedback[late[0]].timestamp or 0)
        raise invalid([Fault(f"[{late[0]}].Timestamp", told, f"feedback does not lie in the future; it is {iso(now)}")])
    made = [one.row(event_type(one.feedback_type, state.settings.gorse_feedback), now) for one in feedback]
    rows = {one["event_id"]: one for one in (made if replacing else reversed(made))}

    def write(connection: Connection) -> int:
        if replacing:
            for event_id in rows:
                delete_events(connection, EVENTS.c.event_id == event_id)
        known = append(connection, list(rows.values()))
        users = sorted({one["viewer_id"] for one in rows.values()})
        add_missing(connection, VIEWERS, [{"viewer_id": one, "attributes": None} for one in users])
        return len(rows) - len(known)

    return _done(await state.store.write(write) if rows else 0)


async def _put_items(items: list[GorseItem], state: State) -> Response:
    _check_size(items, state)
    if items:
        changes = {one.item_id: one.whole() for one in items}
        await state.store.write(lambda connection: _change(connection, changes, state.clock()))
        await state.live.follow_store()
    return _done(len(items))


def _change(connection: Connection, changes: dict[str, GorseItemPatch], now: int) -> None:
    before = {video_id: get_video(connection, video_id) for video_id in changes}
    tags = {video_id: one.tags(_labels(connection, video_id)) for video_id, one in changes.items()}
    put_videos(connection, [one.row(video_id, before[video_id], now) for video_id, one in changes.items()], now)
    replace_taggings(connection, tags, now, "editor")


def _labels(connection: Connection, video_id: str) -> list[str]:
    return [one["tag_id"] for one in standing_tags(connection, video_id) if one["source"] == "editor"]


async def _put_users(users: list[GorseUser], state: State) -> Response:
    _check_size(users, state)
    told = {one.user_id: one.attributes() for one in users}

    def write(connection: Connection) -> None:
        for viewer_id, attributes in told.items():
            put_viewer(connection, viewer_id, attributes)

    await state.store.write(write)
    return _done(len(users))


def _feedback(state: State, user_id: str) -> list[GorseFeedbackReply]:
    with state.store.reading() as connection:
        return [feedback_of(one) for one in events_of(connection, user_id, MOST_FEEDBACK)]


def _check_size(rows: Sequence[Any], state: State) -> None:
    most = state.settings.max_batch
    if len(rows) > most:
        raise invalid([Fault("", f"{len(rows)} rows", f"a batch has at most {most} rows; send it in several")])


def _next(rows: Sequence[RowMapping], key: str, n: int) -> str:
    return rows[-1][key] if len(rows) == n else ""


def _unknown(what: str, name: str) -> ProblemError:
    return ProblemError(404, f"unknown-{what}", f"No {what} {name!r}")


def _done(n_rows: int) -> Response:
    return _shown(GorseSuccess(row_affected=n_rows))


def _shown(body: BaseModel) -> Response:
    return Response(body.model_dump_json(by_alias=True), media_type="application/json")


def _shown_all(bodies: list[GorseFeedbackReply]) -> Response:
    return Response(_FEEDBACK.dump_json(bodies, by_alias=True), media_type="application/json")


_FEEDBACK = TypeAdapter(list[GorseFeedbackReply])
