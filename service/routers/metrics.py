"""What Prometheus scrapes."""

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from service.metrics import MEDIA_TYPE
from service.state import Current

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(state: Current) -> Response:
    """Counts and times in Prometheus' text form, of all workers of this machine together."""
    await state.measure()
    return Response(await asyncio.to_thread(state.metrics.text), media_type=MEDIA_TYPE)
