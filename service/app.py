"""Puts the service together; nothing is built before `create_app` is called."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from service import openapi, problems, request_log
from service.body_limit import BodyLimit
from service.clock import Clock, now_ms
from service.live import repeat
from service.metrics import Metrics
from service.routers import (
    discovery,
    events,
    health,
    insight,
    metrics,
    profiles,
    recommendations,
    similar,
    tags,
    video_batches,
    video_tags,
    videos,
    viewers,
)
from service.settings import Settings
from service.state import State
from service.storage.migrate import prepare

ROUTERS = (
    health,
    metrics,
    recommendations,
    similar,
    discovery,
    insight,
    events,
    video_tags,
    videos,
    video_batches,
    profiles,
    viewers,
    tags,
)
"""In the order they are asked: an id may hold a slash, so the longer addresses come first."""
METRICS_S = 1.0
"""How often the metrics take over how the app stands."""


def create_app(settings: Settings | None = None, clock: Clock = now_ms) -> FastAPI:
    """The service as an ASGI app.

    Args:
        settings: from the environment by default.
        clock: ms since 1970 UTC.
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
        responses=problems.RESPONSES,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings, app.state.clock, app.state.metrics = given, clock, Metrics()
    app.add_middleware(BodyLimit, max_bytes=given.max_body_bytes)
    problems.install(app)
    for module in ROUTERS:
        app.include_router(module.router)
    openapi.install(app)
    request_log.install(app, app.state.metrics)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the store and the live bundle, follow both while the app runs, and write what waits at the end."""
    state = State.of(app.state.settings, app.state.clock, app.state.metrics)
    app.state.tagreel = state
    try:
        await asyncio.to_thread(prepare, state.store)
        await state.live.follow_shelf()
        tasks = _background(state)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await state.shown.flush()
    finally:
        state.store.close()


def _background(state: State) -> list[asyncio.Task[None]]:
    settings = state.settings
    steps = (
        repeat(settings.reload_s, state.live.follow_shelf),
        repeat(settings.sync_s, state.live.follow_store),
        repeat(settings.flush_s, state.shown.flush),
        repeat(METRICS_S, state.measure),
    )
    return [asyncio.create_task(one) for one in steps]
