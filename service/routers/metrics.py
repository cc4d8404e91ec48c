"""What Prometheus scrapes."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from service.auth.gated_route import GatedRoute
from service.auth.gates import Operator
from service.metrics import MEDIA_TYPE

router = APIRouter(tags=["health"], route_class=GatedRoute)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request, state: Operator) -> Response:
    """Counts and times in Prometheus' text form, of all workers of this machine together."""
    await state.measure()
    return Response(await asyncio.to_thread(request.app.state.metrics.text), media_type=MEDIA_TYPE)
