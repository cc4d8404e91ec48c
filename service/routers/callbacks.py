"""Callbacks that tell of jobs which ended: where they go, those that reached nobody, and sending them anew."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Body, Response
from sqlalchemy import Connection

from service.auth.gated_route import GatedRoute
from service.auth.gates import Admin, Reader, Writer
from service.job_inputs import checked_url
from service.problems import ProblemError, described
from service.routers.parameters import as_json
from service.schemas.tag_jobs import (
    Callback,
    CallbackFields,
    DeadCallback,
    DeadCallbacks,
    NewCallback,
    Replayed,
    ReplayFields,
    callback_of,
)
from service.storage.callbacks import Target, dead_callbacks, get_target, put_target, remove_target, replay

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=GatedRoute)
OURS = "v1"
Which = Annotated[ReplayFields, Body()]


@router.put("/callback", response_model=NewCallback)
async def put_callback(fields: CallbackFields, state: Admin) -> Response:
    """Say where to tell of jobs that ended. Requests there are signed with the secret, which is shown this once."""
    checked_url(fields.url, state.settings, "url")
    target = Target(fields.url, fields.secret or secrets.token_urlsafe(32), {}, state.clock())
    await state.store.write(lambda connection: put_target(connection, OURS, target))
    return as_json(NewCallback(**callback_of(target).model_dump(), secret=target.secret))


@router.get("/callback", response_model=Callback, responses=described(404))
async def read_callback(state: Reader) -> Response:
    """Where callbacks go."""
    with state.store.reading() as connection:
        target = get_target(connection, OURS)
    return as_json(callback_of(_there(target)))


@router.delete("/callback", response_model=Callback, responses=described(404))
async def remove_callback(state: Admin) -> Response:
    """Call nobody any more; what waits to be sent is given up."""

    def write(connection: Connection) -> Target | None:
        before = get_target(connection, OURS)
        remove_target(connection, OURS)
        return before

    return as_json(callback_of(_there(await state.store.write(write))))


@router.get("/callback/dead", response_model=DeadCallbacks)
async def read_dead_callbacks(state: Reader) -> Response:
    """The callbacks that were tried in vain, the latest 100, with what the last try said."""
    with state.store.reading() as connection:
        rows = dead_callbacks(connection)
    dead = [DeadCallback(**{name: row[name] for name in DeadCallback.model_fields}) for row in rows]
    return as_json(DeadCallbacks(callbacks=dead))


@router.post("/callback:replay", response_model=Replayed, responses=described(404))
async def replay_callbacks(state: Writer, fields: Which = ReplayFields()) -> Response:
    """Send callbacks anew: all that were tried in vain, or one whatever became of it."""
    now = state.clock()
    n = await state.store.write(lambda connection: replay(connection, now, fields.callback_id))
    if fields.callback_id is not None and not n:
        raise ProblemError(404, "unknown-callback", f"No callback {fields.callback_id!r}")
    return as_json(Replayed(callbacks=n))


def _there(target: Target | None) -> Target:
    if target is None:
        raise ProblemError(404, "no-callback", "Callbacks go nowhere; PUT /v1/callback says where")
    return target
