"""What happens to every request on its way in and out: an id, a line in the log, and its part in the metrics.

Pure ASGI and outside of everything else, so that errors are seen as the client sees them.
"""

import logging
import re
from secrets import token_hex
from time import perf_counter

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.logs import REQUEST_ID
from service.metrics import Metrics

HEADER = b"x-request-id"
HEADERS = "tagreel.headers"
"""Key of an ASGI scope: headers for the answer, whatever it will be."""
TENANT = "tagreel.tenant"
"""Key of an ASGI scope: the tenant of who sent the request, once they are known."""
UNMATCHED = "unmatched"
"""The route of addresses where there is nothing: one for all, however many are tried."""
CLIENT_LEFT = 499
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines every few seconds; in the log only at level debug."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_log = logging.getLogger("service.requests")


class RequestLog:
    """ASGI middleware. A request's `X-Request-ID` is kept where it is a plain one, and made where it is not."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, request_id = perf_counter(), CLIENT_LEFT, _request_id(scope)
        token = REQUEST_ID.set(request_id.decode())

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *scope.get(HEADERS, ()), (HEADER, request_id)]
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            self._note(scope, status, perf_counter() - began)
            REQUEST_ID.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path_format", UNMATCHED)
        tenant = scope.get(TENANT, "")
        self.metrics.answered(method, route, status, seconds, tenant)
        level = logging.DEBUG if route in QUIET else logging.INFO
        if _log.isEnabledFor(level):
            fields = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 3)}
            _log.log(level, "answered", extra={"fields": {**fields, "tenant": tenant} if tenant else fields})


def install(app: FastAPI, metrics: Metrics) -> None:
    """Wrap the whole of an app, its answer to unforeseen errors too."""
    inner = app.build_middleware_stack
    app.build_middleware_stack = lambda: RequestLog(inner(), metrics)  # type: ignore[method-assign]


def _request_id(scope: Scope) -> bytes:
    given = next((value for name, value in scope["headers"] if name == HEADER), b"")
    return given if _ID.fullmatch(given) else token_hex(16).encode()
