"""Tokens with which a viewer's own app reads that viewer's answers, and nothing else."""

from typing import Annotated

from fastapi import APIRouter, Body, Response

from service.auth.gated_route import GatedRoute
from service.auth.gates import Doors, WritingCaller
from service.auth.viewer_tokens import sign_token
from service.routers.parameters import PathId, as_json
from service.schemas.keys import TokenFields, ViewerToken

router = APIRouter(prefix="/v1", tags=["viewers"], route_class=GatedRoute)
Fields = Annotated[TokenFields, Body()]


@router.post("/viewers/{viewer_id:path}/token", response_model=ViewerToken)
async def make_viewer_token(
    viewer_id: PathId, caller: WritingCaller, doors: Doors, fields: Fields = TokenFields()
) -> Response:
    """Sign a token for a viewer's own app: it reads that viewer's answers until it expires or this key is revoked."""
    expires_at = doors.clock() + fields.expires_in_s * 1000
    token = sign_token(caller.shown_key, viewer_id, expires_at)
    return as_json(ViewerToken(viewer_id=viewer_id, token=token, expires_at=expires_at))
