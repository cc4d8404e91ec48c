"""Tags: look for them, name them, move, merge and ban them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator
from sqlalchemy import Connection

from service.auth.gated_route import GatedRoute
from service.auth.gates import Reader, Writer
from service.preconditions import Expected, Precondition
from service.problems import Fault, ProblemError, invalid
from service.routers.parameters import PathId, as_json
from service.schemas.fields import no_nul
from service.schemas.tags import Tag, TagFields, TagMerge, Tags, tag_of
from service.state import State
from service.storage.tags import all_names, ancestors, ban_tag, find_tags, get_tag, merge_tag, put_tag, stands_for

router = APIRouter(prefix="/v1", tags=["tags"], route_class=GatedRoute)
Words = Annotated[
    str,
    Query(max_length=200, description="Part of the id or of a name; all tags where empty"),
    AfterValidator(no_nul),
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many tags to return")]


@router.get("/tags", response_model=Tags)
async def look_for_tags(state: Reader, q: Words = "", limit: Limit = 50) -> Response:
    """Look for tags by a part of their id or of a name in any language."""
    with state.store.reading() as connection:
        rows = find_tags(connection, q, limit)
        names = all_names(connection, [row["tag_id"] for row in rows])
    return as_json(Tags.model_construct(tags=[tag_of(row, names.get(row["tag_id"], ())) for row in rows]))


@router.get("/tags/{tag_id:path}", response_model=Tag)
async def read_tag(tag_id: PathId, state: Reader, expected: Expected) -> Response:
    """A tag and all of its names."""
    return _found(state, tag_id, expected)


@router.put("/tags/{tag_id:path}", response_model=Tag)
async def store_tag(tag_id: PathId, tag: TagFields, state: Writer, expected: Expected) -> Response:
    """Put a tag, its place and its names; active again if it was merged or banned. It counts in the next answer."""

    def write(connection: Connection) -> None:
        expected.check(_changed_at(connection, tag_id))
        line = [] if tag.parent_id is None else [tag.parent_id, *ancestors(connection, tag.parent_id)]
        if tag_id in line:
            raise invalid([Fault("parent_id", tag.parent_id, f"a tag is no parent of its own parents: {tag_id}")])
        row = {"tag_id": tag_id, "dimension": tag.dimension, "parent_id": tag.parent_id}
        put_tag(connection, row, tag.name_rows(), state.clock())

    await state.store.write(write)
    return await _changed(state, tag_id)


@router.delete("/tags/{tag_id:path}", response_model=Tag)
async def ban_one_tag(tag_id: PathId, state: Writer, expected: Expected) -> Response:
    """Ban a tag: it counts for nothing from the next answer on. Its taggings stay; putting it anew brings it back."""

    def write(connection: Connection) -> None:
        expected.check(_changed_at(connection, tag_id))
        if not ban_tag(connection, tag_id, state.clock()):
            raise unknown(tag_id)

    await state.store.write(write)
    return await _changed(state, tag_id)


@router.post("/tags/{tag_id:path}:merge", response_model=Tag)
async def merge_one_tag(tag_id: PathId, merge: TagMerge, state: Writer, expected: Expected) -> Response:
    """Merge a tag into another, for which it stands from the next answer on. Taggings keep the tag they were given."""

    def write(connection: Connection) -> None:
        expected.check(_changed_at(connection, tag_id))
        if get_tag(connection, tag_id) is None:
            raise unknown(tag_id)
        if get_tag(connection, merge.into) is None:
            raise invalid([Fault("into", merge.into, "there is no such tag; PUT /v1/tags/{id} puts one")])
        if tag_id in stands_for(connection, merge.into):
            raise invalid([Fault("into", merge.into, f"it is, or was merged into, {tag_id}")])
        merge_tag(connection, tag_id, merge.into, state.clock())

    await state.store.write(write)
    return await _changed(state, tag_id)


def unknown(tag_id: str) -> ProblemError:
    """The problem of a tag that is not there."""
    return ProblemError(404, "unknown-tag", f"No tag {tag_id!r}; PUT /v1/tags/{{id}} puts one")


async def _changed(state: State, tag_id: str) -> Response:
    await state.live.follow_store()
    return _found(state, tag_id)


def _changed_at(connection: Connection, tag_id: str) -> int | None:
    row = get_tag(connection, tag_id)
    return None if row is None else int(row["changed_at"])


def _found(state: State, tag_id: str, expected: Precondition = Precondition()) -> Response:
    with state.store.reading() as connection:
        row = get_tag(connection, tag_id)
        names = all_names(connection, [tag_id])
    if row is None:
        raise unknown(tag_id)
    return expected.answer(row["changed_at"], as_json(tag_of(row, names.get(tag_id, ()))))
