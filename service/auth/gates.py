"""What a route asks of its caller. A handler gets its tenant's state only through a gate, so none can forget to ask.

A handler's parameter says it all, `state: Reader` or `state: Writer`, on a router whose routes are `GatedRoute`s.
"""

from typing import Annotated

from fastapi import Depends, Request

from service.auth.access import Access, Caller
from service.auth.keys import DEFAULT_TENANT, Scope
from service.problems import ProblemError
from service.request_log import HEADERS, TENANT
from service.state import State

VIEWER = "viewer_id"
"""The parameter of an address that names a viewer."""
CALLER = "tagreel.caller"
"""Key of an ASGI scope: who was let through."""


class Gate:
    """A dependency that gives the caller's tenant's state. `GatedRoute` has it admit callers before it reads a body.

    Args:
        scope: the least that their key must allow; None lets everybody through, to the default tenant.
        viewers: whether viewers with a token may read it of themselves.
        operator: whether only the default tenant may.
        keyed: whether a key must be shown even where nobody else is asked for one.
    """

    signed = False
    """Whether it asks for a signature made with a key, instead of the key."""

    def __init__(self, scope: Scope | None, viewers: bool = False, operator: bool = False, keyed: bool = False) -> None:
        self.scope, self.viewers, self.operator, self.keyed = scope, viewers, operator, keyed

    def admit(self, request: Request) -> None:
        """Let the caller through, or not.

        Raises:
            ProblemError: 401, they are nobody; 403, they may not; 429, not so often.
        """
        access: Access = request.app.state.access
        if self.scope is None:
            return
        caller = request.scope[CALLER] = self._caller(request, access)
        request.scope[TENANT] = caller.tenant
        _count(request, access, caller)
        self._check(request, caller, self.scope)

    async def __call__(self, request: Request) -> State:
        """The state of the caller's tenant. ProblemError 503 where it is not to be had."""
        access: Access = request.app.state.access
        if self.scope is None:
            return access.tenants.default
        caller: Caller = request.scope[CALLER]
        return await access.tenants.state(caller.tenant)

    def _caller(self, request: Request, access: Access) -> Caller:
        """Who sent the request. ProblemError 401 where they are nobody."""
        return access.caller(request.scope["headers"], self.keyed)

    def _check(self, request: Request, caller: Caller, scope: Scope) -> None:
        if caller.viewer_id is not None:
            if not (self.viewers and request.path_params.get(VIEWER) == caller.viewer_id):
                what = "A viewer's token reads that viewer's own answers, and nothing else; this needs a key"
                raise ProblemError(403, "not-for-viewers", what)
        elif caller.scope < scope:
            what = f"This needs a key of scope {scope.label}; this one is of scope {caller.scope.label}"
            raise ProblemError(403, "scope-too-low", what)
        elif self.operator and caller.tenant != DEFAULT_TENANT:
            what = f"This tells of the whole service; it is for keys of tenant {DEFAULT_TENANT}"
            raise ProblemError(403, "not-for-tenants", what)


class CallerGate(Gate):
    """A gate that gives the caller, who must have shown a key; for routes about keys themselves."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope, keyed=True)

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        """The caller."""
        caller: Caller = request.scope[CALLER]
        return caller


def _count(request: Request, access: Access, caller: Caller) -> None:
    """Count a caller's request, and say in the answer's headers how many more there may be.

    Raises:
        ProblemError: 429; not so often.
    """
    allowance = access.count(caller)
    if allowance is None:
        return
    request.scope[HEADERS] = allowance.headers()
    if allowance.wait_s:
        what = f"More than {allowance.limit} requests a minute; the next is let through in {allowance.wait_s} s"
        raise ProblemError(429, "too-many-requests", what, headers={"Retry-After": str(allowance.wait_s)})


async def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


EVERYBODY = Depends(Gate(None))
"""For a route that needs no state and lets everybody through."""
Anyone = Annotated[State, EVERYBODY]
"""The default tenant's state, without a key."""
Reader = Annotated[State, Depends(Gate(Scope.READ))]
OwnReader = Annotated[State, Depends(Gate(Scope.READ, viewers=True))]
"""For keys that read, and for the viewer whom the address names."""
Writer = Annotated[State, Depends(Gate(Scope.WRITE))]
Admin = Annotated[State, Depends(Gate(Scope.ADMIN))]
Operator = Annotated[State, Depends(Gate(Scope.ADMIN, operator=True))]
WritingCaller = Annotated[Caller, Depends(CallerGate(Scope.WRITE))]
AdminCaller = Annotated[Caller, Depends(CallerGate(Scope.ADMIN))]
Doors = Annotated[Access, Depends(_access)]
"""Keys, for routes that make them; asks nothing of the caller by itself."""
