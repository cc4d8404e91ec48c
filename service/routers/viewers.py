"""Viewers: put, look up, forget."""

from fastapi import APIRouter, Response

from service.auth.gated_route import GatedRoute
from service.auth.gates import Reader, Writer
from service.problems import ProblemError
from service.routers.parameters import PathId, as_json
from service.schemas.fields import from_json, to_json
from service.schemas.viewers import Forgotten, Viewer, ViewerFields
from service.state import State
from service.storage.events import activity
from service.storage.viewer_tags import viewer_tags
from service.storage.viewers import forget, get_viewer, put_viewer

router = APIRouter(prefix="/v1", tags=["viewers"], route_class=GatedRoute)


@router.put("/viewers/{viewer_id:path}", response_model=Viewer)
async def store_viewer(viewer_id: PathId, viewer: ViewerFields, state: Writer) -> Response:
    """Put what the caller wants to keep with a viewer. A viewer need not be put to be recommended to."""
    await state.store.write(lambda connection: put_viewer(connection, viewer_id, to_json(viewer.attributes)))
    return _found(state, viewer_id)


@router.get("/viewers/{viewer_id:path}", response_model=Viewer)
async def read_viewer(viewer_id: PathId, state: Reader) -> Response:
    """A viewer, and how much the store holds of them."""
    return _found(state, viewer_id)


@router.delete("/viewers/{viewer_id:path}", response_model=Forgotten)
async def forget_viewer(viewer_id: PathId, state: Writer) -> Response:
    """Forget a viewer: delete everything that the store holds of them, and what waits to be written of them."""
    n_rows = await state.store.write(lambda connection: forget(connection, viewer_id, state.clock()))
    await state.store.scrub()
    return as_json(Forgotten(viewer_id=viewer_id, deleted_rows=n_rows))


def _found(state: State, viewer_id: str) -> Response:
    with state.store.reading() as connection:
        row = get_viewer(connection, viewer_id)
        events = activity(connection, viewer_id)
        is_known = row is not None or events.n_events or viewer_tags(connection, viewer_id)
    if not is_known:
        raise ProblemError(404, "unknown-viewer", f"Nothing is known of viewer {viewer_id!r}")
    viewer = Viewer.model_construct(
        viewer_id=viewer_id,
        attributes=from_json(row["attributes"]) if row is not None else None,
        n_events=events.n_events,
        first_event_at=events.first_at,
        last_event_at=events.last_at,
    )
    return as_json(viewer)
