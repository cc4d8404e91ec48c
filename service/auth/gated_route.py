"""Routes that ask who is there before they read a body, and cannot be made without a gate."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from recsys.errors import ConfigError, require
from service.auth.gates import Gate

SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A key, or a viewer's token"},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "A signature made by a key",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same, as Authorization: Bearer"},
}
"""OpenAPI's security schemes."""


class GatedRoute(APIRoute):
    """A route with one gate among its dependencies, which is asked first.

    FastAPI reads a body before it solves dependencies: strangers would have theirs read and parsed.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.unique_id = self.name  # what OpenAPI calls the operation
        self.openapi_extra = {**(self.openapi_extra or {}), "security": _security(gate_of(self))}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the gate."""
        gate, handler = gate_of(self), super().get_route_handler()

        async def gated(request: Request) -> Response:
            gate.admit(request)
            return await handler(request)

        return gated


def gate_of(route: APIRoute) -> Gate:
    """A route's gate. ConfigError where it has none or several."""
    gates = [one.call for one in route.dependant.dependencies if isinstance(one.call, Gate)]
    require(len(gates) == 1, f"{route.path} has {len(gates)} gates; it needs one of service.auth.gates", ConfigError)
    return gates[0]


def _security(gate: Gate) -> list[dict[str, list[str]]]:
    """What OpenAPI says of a gate: any one of these opens it, a key of that scope or a viewer's token."""
    if gate.scope is None:
        return []
    if gate.signed:
        return [{"signature": [gate.scope.label]}]
    roles = [gate.scope.label, *(["viewer"] if gate.viewers else [])]
    return [{name: [role]} for role in roles for name in ("key", "bearer")]
