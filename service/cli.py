"""Commands of the service: `tagreel serve`, `tagreel migrate` and `tagreel recommend`."""

import os
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import TypeAdapter, ValidationError

from recsys.errors import ConfigError, require
from service.auth.keys import DEFAULT_TENANT
from service.auth.listening import check_listening
from service.auth.places import migrate_tenant
from service.clock import now_ms
from service.live import Live
from service.logs import configuration
from service.options import BundlesOption, StoreOption, prepared_store, settings_from
from service.printing import audience_table, table
from service.problems import validation_faults
from service.reaching import reached
from service.recommending import ready, recommendations
from service.schemas.fields import Time
from service.schemas.recommendations import RecommendationRequest
from service.storage.keys import tenants_of_keys
from service.storage.migrate import migrate as migrate_store
from service.storage.store import Store
from service.threads import limit_blas
from service.workers import run_several

APP = "service.app:create_served"
WORKER_STARTS_WITHIN_S = 30
"""A new worker has so long to open its bundle while the old one serves on, and a silent one is replaced after it."""


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, max=256, help="How many processes answer.")] = 1,
    store: StoreOption = None,
    bundles: BundlesOption = None,
    is_open: Annotated[bool, typer.Option("--open", help="Ask nobody for a key, whoever can ask.")] = False,
) -> None:
    """Serve recommendations over HTTP; a newly published bundle goes live by itself.

    Who asks needs a key as soon as one was made: see `tagreel keys`. Until then only this machine may ask.

    Examples:

        tagreel serve

        tagreel serve --port 9000 --workers 2 --store postgresql+psycopg://localhost/tagreel
    """
    settings = settings_from(store, bundles, auth="open" if is_open else None)
    opened = prepared_store(settings)
    try:
        check_listening(host, settings, opened)
    finally:
        opened.close()
    os.environ.update(
        TAGREEL_STORE_URL=settings.store_url, TAGREEL_BUNDLES=str(settings.bundles), TAGREEL_AUTH=settings.auth
    )
    config: dict[str, Any] = {
        "factory": True, "host": host, "port": port, "workers": workers, "access_log": False,
        "log_config": configuration(settings.log_level), "timeout_graceful_shutdown": settings.drain_s,
        "timeout_worker_healthcheck": WORKER_STARTS_WITHIN_S,
    }  # fmt: skip
    if workers == 1:
        uvicorn.run(APP, **config)
    else:
        run_several(uvicorn.Config(APP, **config))


def migrate(store: StoreOption = None) -> None:
    """Bring the store's tables to this version's schema, and those of every tenant; each all of it or nothing.

    Examples:

        tagreel migrate --store postgresql+psycopg://localhost/tagreel
    """
    settings = settings_from(store)
    opened = Store.open(settings.store_url, settings.busy_timeout_s)
    try:
        print(f"the store's schema is {migrate_store(opened)}")
        with opened.reading() as connection:
            tenants = [one for one in tenants_of_keys(connection) if one != DEFAULT_TENANT]
        for tenant in tenants:
            print(f"the schema of tenant {tenant} is {migrate_tenant(settings, opened, tenant)}")
    finally:
        opened.close()


def prepare_store(url: str) -> None:
    """Make a new store's tables, for a pipeline that is about to load it. An existing one is only checked.

    Raises:
        ConfigError: it is of another version, or no store can be made there; the message tells the next step.
    """
    prepared_store(settings_from(url)).close()


def recommend(
    viewer: Annotated[str, typer.Argument(help="The viewer's id; nothing need be known of them.")],
    n: Annotated[int, typer.Option(min=1, max=200, help="How many videos.")] = 10,
    tags: Annotated[str, typer.Option(metavar="TAG=WEIGHT,…", help="Tags the viewer likes, or dislikes below 0.")] = "",
    now: Annotated[str, typer.Option(metavar="TIME", help="The clock: ISO 8601 or ms; repeats an answer.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print what the HTTP API answers.")] = False,
    store: StoreOption = None,
    bundles: BundlesOption = None,
) -> None:
    """Rank videos for a viewer and say why, as the HTTP API does.

    Examples:

        tagreel recommend u1

        tagreel recommend somebody-new --tags animal:cat=1,genre:horror=-1 --n 5
    """
    settings, moment = settings_from(store, bundles), _moment(now)
    clock = now_ms() if moment is None else moment
    request = _request(viewer, n, tags)
    limit_blas(settings.blas_threads)
    opened = prepared_store(settings)
    try:
        snapshot = ready(Live(opened, settings, lambda: clock).load())
        answer = recommendations(opened, snapshot, request, settings, clock, until=moment).model()
    finally:
        opened.close()
    print(answer.model_dump_json() if as_json else table(answer))


def audience(
    video: Annotated[str, typer.Argument(help="A video's id; leave it out to describe one by its tags.")] = "",
    tags: Annotated[str, typer.Option(metavar="TAG,…", help="Tags of a video that is not there yet.")] = "",
    title: Annotated[str, typer.Option(help="What to call it.")] = "a new video",
    n: Annotated[int, typer.Option(min=1, max=200, help="How many viewers.")] = 10,
    store: StoreOption = None,
    bundles: BundlesOption = None,
) -> None:
    """The viewers in whose lists a video would stand highest, and why.

    Examples:

        tagreel audience v42

        tagreel audience --tags genre:sci-fi,genre:thriller --title "A brand-new film"
    """
    wanted = [one for one in tags.split(",") if one]
    require(
        bool(video) != bool(wanted), "name a video or describe one by --tags, not both and not neither", ConfigError
    )
    settings, clock = settings_from(store, bundles), now_ms()
    limit_blas(settings.blas_threads)
    opened = prepared_store(settings)
    try:
        snapshot = ready(Live(opened, settings, lambda: clock).load())
        unknown = [one for one in wanted if one not in snapshot.catalogue.vectorizer.ids]
        require(not unknown, f"no video has the tag {', '.join(unknown)}; see GET /v1/tags?q=…", ConfigError)
        found, names = reached(opened, snapshot, video or None, wanted, n, settings, clock)
    finally:
        opened.close()
    print(audience_table(found, names, video or f"{title} ({', '.join(wanted)})"))


def _moment(text: str) -> int | None:
    if not text:
        return None
    try:
        return TypeAdapter(Time).validate_python(int(text) if text.isdecimal() else text)
    except ValidationError as error:
        raise ConfigError(f"--now is {text!r}: {validation_faults(error)[0].rule}") from None


def _request(viewer: str, n: int, tags: str) -> RecommendationRequest:
    weights = [one.rpartition("=") for one in tags.split(",") if one]
    bare = [weight for tag, _, weight in weights if not tag]
    require(not bare, f"--tags has {bare[:1]}; it looks like cat=1,dog=-1", ConfigError)
    try:
        return RecommendationRequest.model_validate(
            {"viewer_id": viewer, "n": n, "tags": {tag: weight for tag, _, weight in weights}, "log": False}
        )
    except ValidationError as error:
        first = validation_faults(error)[0]
        raise ConfigError(f"{first.field} is {first.value!r}: {first.rule}") from None
