"""Is the process alive, and can it answer?"""

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from recsys.timeline import iso
from service.auth.gated_route import GatedRoute
from service.auth.gates import EVERYBODY, Anyone
from service.problems import ProblemError, problem_response
from service.routers.parameters import as_json
from service.schemas.fields import Reply
from service.state import State
from service.storage.migrate import revision

router = APIRouter(tags=["health"], route_class=GatedRoute)


class Health(Reply):
    """The process is alive."""

    status: str = "ok"


class Readiness(Reply):
    """What the service answers with, and what stands in its way."""

    ready: bool
    store: str
    """`ok`, or what is wrong with it."""
    schema_revision: str | None
    bundle: str | None
    """The version that serves."""
    bundle_as_of: str | None
    """The first moment that the bundle knows nothing of."""
    videos: int
    """How many the catalogue holds, deleted ones too."""
    refused_bundle: str | None
    """Why the bundle that should be live is not; the one named above serves on."""
    n_loaded: int
    n_refused: int
    waiting_impressions: int
    dropped_impressions: int


@router.get("/healthz", response_model=Health, dependencies=[EVERYBODY])
async def healthz() -> Response:
    """Always `ok` while the process answers."""
    return as_json(Health())


@router.get("/readyz", response_model=Readiness)
async def readyz(request: Request, state: Anyone) -> Response:
    """Whether recommendations can be had, and if not, why."""
    found = _readiness(state)
    if found.ready:
        return as_json(found)
    reasons = [found.store] if found.store != "ok" else []
    if found.bundle is None:
        reasons.append(found.refused_bundle or "no bundle is published yet: `tagreel run` trains and publishes one")
    problem = ProblemError(503, "not-ready", "; ".join(reasons))
    return problem_response(problem, request.url.path, {"checks": found.model_dump()})


def _readiness(state: State) -> Readiness:
    store, schema_revision = _store_check(state)
    snapshot, status = state.live.snapshot, state.live.status
    return Readiness(
        ready=store == "ok" and snapshot is not None,
        store=store,
        schema_revision=schema_revision,
        bundle=snapshot.bundle.version if snapshot else None,
        bundle_as_of=iso(snapshot.bundle.as_of) if snapshot else None,
        videos=len(snapshot.catalogue) if snapshot else 0,
        refused_bundle=status.refusal,
        n_loaded=status.n_loaded,
        n_refused=status.n_refused,
        waiting_impressions=len(state.shown),
        dropped_impressions=state.shown.n_dropped,
    )


def _store_check(state: State) -> tuple[str, str | None]:
    try:
        with state.store.reading() as connection:
            return "ok", revision(connection)
    except SQLAlchemyError as error:
        return f"the store cannot be read: {type(error).__name__}", None
