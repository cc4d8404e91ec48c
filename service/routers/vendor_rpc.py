"""Alibaba Cloud VOD's form of the API, at `/`: its clients need nothing but another address."""

from fastapi import APIRouter, Request, Response

from service.vendor_rpc.actions import ACTIONS
from service.vendor_rpc.errors import RpcError, answer, missing
from service.vendor_rpc.gate import ASKED, Signer, action_of
from service.vendor_rpc.route import RpcRoute
from service.vendor_rpc.signatures import Asked

router = APIRouter(route_class=RpcRoute, include_in_schema=False)
VERSION = "2017-03-21"


@router.post("/")
async def call_action(request: Request, state: Signer) -> Response:
    """SubmitAIJob, ListAIJob, GetAIVideoTagResult, SetMessageCallback, GetMessageCallback, as VOD's clients ask."""
    asked: Asked = request.scope[ASKED]
    if await request.body():
        raise RpcError(400, "InvalidParameter", "Parameters are read from the query; the body must be empty.")
    name = action_of(asked) or _missing("Action")
    version = asked.headers.get("x-acs-version") or asked.value("Version") or _missing("Version")
    if name not in ACTIONS:
        raise RpcError(
            404, "InvalidAction.NotFound", f"There is no action {name[:100]!r}; there is {', '.join(ACTIONS)}."
        )
    if version != VERSION:
        raise RpcError(400, "InvalidVersion", f"The version {version[:40]!r} is not spoken here; {VERSION} is.")
    return answer(await ACTIONS[name](state, dict(asked.query)))


@router.get("/")
async def get_action(request: Request, state: Signer) -> Response:
    """The same, for clients that ask with GET."""
    return await call_action(request, state)


def _missing(name: str) -> str:
    raise missing(name)
