"""Puts the service together; nothing is built before `create_app` is called."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from service import docs_pages, openapi, request_log, stack, tracing
from service.auth.access import Access
from service.auth.ring import FRESH_S, KeyRing
from service.auth.tenants import Tenants
from service.clock import Clock, now_ms
from service.live import repeat
from service.metrics import Metrics
from service.routers import (
    callbacks,
    discovery,
    events,
    experiments,
    gorse,
    gorse_lists,
    health,
    imports,
    insight,
    keys,
    metrics,
    profiles,
    recommendations,
    similar,
    tag_jobs,
    tags,
    vendor_rpc,
    video_batches,
    video_lists,
    video_tags,
    videos,
    viewer_tokens,
    viewers,
    vod_callback,
)
from service.settings import Settings
from service.threads import settle_down
from service.uploads import MOST_FIELD_BYTES

ROUTERS = (
    recommendations,
    events,
    similar,
    discovery,
    insight,
    experiments,
    tag_jobs,
    callbacks,
    vod_callback,
    imports,
    health,
    metrics,
    vendor_rpc,
    video_tags,
    videos,
    video_batches,
    video_lists,
    profiles,
    viewer_tokens,
    viewers,
    tags,
    keys,
    gorse_lists,
    gorse,
)
"""In the order they are asked: what is asked most comes first, and since ids may hold slashes, longer addresses do."""


def create_app(settings: Settings | None = None, clock: Clock = now_ms, is_alone: bool = False) -> FastAPI:
    """The service as an ASGI app.

    Args:
        settings: from the environment by default.
        clock: ms since 1970 UTC.
        is_alone: whether the process serves this app and does nothing else.
    """
    given = settings or Settings()
    app = FastAPI(
        title="Tagreel",
        summary="Video recommendations from tags and viewing behaviour",
        version="1",
        lifespan=_lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        telemetry=tracing.telemetry(request_log.QUIET),
    )
    app.state.settings, app.state.clock, app.state.metrics, app.state.is_alone = given, clock, Metrics(), is_alone
    for module in ROUTERS:  # as the app's own: a router that is included is looked through twice for each request
        app.router.routes.extend(module.router.routes)
    openapi.install(app)
    docs_pages.install(app)
    uploads = {tag_jobs.ADDRESS: (given.max_upload_bytes + MOST_FIELD_BYTES, given.upload_s)}
    stack.install(app, given, app.state.metrics, uploads)
    return app


def create_served() -> FastAPI:
    """The service as `tagreel serve` runs it in each of its processes."""
    return create_app(is_alone=True)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the default tenant and follow the keys while the app runs; at the end close every tenant."""
    settings, clock = app.state.settings, app.state.clock
    tenants = Tenants(settings, clock, app.state.metrics)
    await tenants.start()
    try:
        keys = KeyRing(tenants.default.store)
        await keys.follow()
        app.state.access = Access(settings, clock, tenants, keys)
        following = asyncio.create_task(repeat(FRESH_S, keys.follow))
        if app.state.is_alone:
            settle_down()
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    finally:
        await tenants.close()
