"""What lies around the routes, from the outside in: the same for every request, and no more than it needs.

It takes the place of the stack that FastAPI builds, half of which is for what there is none of here.
"""

from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from service.auth.quick_route import QuickRoute
from service.body_limit import BodyLimit, Limit
from service.metrics import Metrics
from service.problems import Problems
from service.request_log import RequestLog
from service.settings import Settings

EXPOSED = ("ETag", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-ID")
"""Headers of answers that web pages of other origins may read."""
TRACED = "fastapi.telemetry"
"""Key of an ASGI scope: there where FastAPI makes a span of the request."""


class Quickly:
    """ASGI middleware: what quick routes are asked goes straight to them, everything else the long way.

    They read no body, leave nothing to clean up, and come first in any case. A request that is traced takes the long
    way, on which FastAPI names its span.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[Route]) -> None:
        self.app, self.routes = app, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to a quick route, if one matches it."""
        if scope["type"] == "http" and TRACED not in scope:
            for route in self.routes:
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.update(found)
                    await route.app(scope, receive, send)
                    return
        await self.app(scope, receive, send)


def install(app: FastAPI, settings: Settings, metrics: Metrics, uploads: dict[str, Limit]) -> None:
    """Have an app build this stack around its routes, once all of them are there.

    Args:
        app: whose routes.
        settings: limits, and who else may ask.
        metrics: told of every request.
        uploads: addresses that take more of a body, and for longer.
    """

    def build() -> ASGIApp:
        inner: ASGIApp = AsyncExitStackMiddleware(app.router)
        inner = BodyLimit(inner, settings.max_body_bytes, settings.body_s, uploads)
        inner = Problems(Quickly(inner, [one for one in app.routes if isinstance(one, QuickRoute)]))
        if settings.cors_origins:
            inner = CORSMiddleware(
                inner,
                allow_origins=settings.cors_origins,
                allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
                allow_headers=("*",),
                expose_headers=EXPOSED,
            )
        return RequestLog(inner, metrics)

    app.build_middleware_stack = build  # type: ignore[method-assign]
