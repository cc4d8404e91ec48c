"""What happens to every request on its way in and out: an id, a line in the log, and its part in the metrics.

Pure ASGI and outside of everything else, so that errors are seen as the client sees them.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from time import perf_counter, time
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.asgi import first_header
from service.batched import Batched
from service.logs import REQUEST_ID, Line, write_lines
from service.metrics import Metrics
from service.random_ids import random_id

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
AT_ONCE = 64
"""Requests whose lines are written together."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_log = logging.getLogger("service.requests")


class Answered(NamedTuple):
    """A request that has its answer."""

    at: float
    """When, s since 1970."""
    request_id: bytes
    method: str
    route: str
    status: int
    seconds: float
    """How long it took."""
    tenant: str
    """Empty where nobody asked whose it is."""


class RequestLog:
    """ASGI middleware. A request's `X-Request-ID` is kept where it is a plain one, and made where it is not."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics
        self._answered = Batched(self._tell, most=AT_ONCE)
        metrics.before_text.append(self._answered.flush)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            self._answered.flush()
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
            REQUEST_ID.reset(token)
            route = getattr(scope.get("route"), "path_format", UNMATCHED)
            self._answered.add(
                Answered(
                    time(), request_id, scope["method"], route, status, perf_counter() - began, scope.get(TENANT, "")
                )
            )

    def _tell(self, several: Sequence[Answered]) -> None:
        """Count requests, and write their lines."""
        alike = defaultdict[tuple[str, str, int, str], list[float]](list)
        lines: dict[bool, list[Line]] = {False: [], True: []}
        for one in several:
            method = one.method if one.method in METHODS else "other"
            alike[method, one.route, one.status, one.tenant].append(one.seconds)
            lines[one.route in QUIET].append((one.at, _fields(one, method)))
        for which, seconds in alike.items():
            self.metrics.answered(*which, seconds)
        write_lines(_log, logging.INFO, "answered", lines[False])
        write_lines(_log, logging.DEBUG, "answered", lines[True])


def _fields(one: Answered, method: str) -> dict[str, Any]:
    """What a request's line tells."""
    fields = {
        "request_id": one.request_id.decode(),
        "method": method,
        "route": one.route,
        "status": one.status,
        "ms": round(one.seconds * 1000, 3),
    }
    return {**fields, "tenant": one.tenant} if one.tenant else fields


def _request_id(scope: Scope) -> bytes:
    given = first_header(scope, HEADER)
    return random_id().encode() if given is None or not _ID.fullmatch(given) else given
