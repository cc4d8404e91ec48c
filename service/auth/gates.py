"""What a route asks of its caller. A handler gets its tenant's state only through a gate, so none can forget to ask.

    async def read_tag(tag_id: PathId, state: Reader) -> Response: ...
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


class Gate:
    """A dependency: lets callers through who may, and gives their tenant's state.

    Args:
        scope: the least that their key must allow; None lets everybody through, to the default tenant.
        viewers: whether viewers with a token may read it of themselves.
        operator: whether only the default tenant may.
    """

    def __init__(self, scope: Scope | None, viewers: bool = False, operator: bool = False) -> None:
        self.scope, self.viewers, self.operator = scope, viewers, operator

    async def __call__(self, request: Request) -> State:
        """The state of the caller's tenant. ProblemError 401, 403 or 429 where they may not, 503 where it is not to be had."""
        access: Access = request.app.state.access
        caller = self.admit(request, access)
        return access.tenants.default if caller is None else await access.tenants.state(caller.tenant)

    def admit(self, request: Request, access: Access) -> Caller | None:
        """The caller, None where nobody is asked."""
        if self.scope is None:
            return None
        caller = access.caller(request.scope["headers"])
        request.scope[TENANT] = caller.tenant
        self._count(request, access, caller)
        self._check(request, caller, self.scope)
        return caller

    def _count(self, request: Request, access: Access, caller: Caller) -> None:
        allowance = access.count(caller)
        if allowance is None:
            return
        request.scope[HEADERS] = allowance.headers()
        if allowance.wait_s:
            what = f"More than {allowance.limit} requests a minute; the next is let through in {allowance.wait_s} s"
            raise ProblemError(429, "too-many-requests", what, headers={"Retry-After": str(allowance.wait_s)})

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
    """A gate that gives who was let through; for routes about keys themselves."""

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        """The caller."""
        caller = self.admit(request, request.app.state.access)
        return Caller(None) if caller is None else caller


async def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


EVERYBODY = Gate(None)
Anyone = Annotated[State, Depends(EVERYBODY)]
"""The default tenant's state, without a key."""
Reader = Annotated[State, Depends(Gate(Scope.READ))]
OwnReader = Annotated[State, Depends(Gate(Scope.READ, viewers=True))]
"""For keys that read, and for the viewer whom the address names."""
Writer = Annotated[State, Depends(Gate(Scope.WRITE))]
Operator = Annotated[State, Depends(Gate(Scope.ADMIN, operator=True))]
WritingCaller = Annotated[Caller, Depends(CallerGate(Scope.WRITE))]
AdminCaller = Annotated[Caller, Depends(CallerGate(Scope.ADMIN))]
Doors = Annotated[Access, Depends(_access)]
"""Keys, for routes that make them; asks nothing of the caller by itself."""
