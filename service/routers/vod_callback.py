"""Alibaba Cloud VOD's callbacks to us: the end of a job there becomes tags here."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from recsys.tags.importers.alibaba_vod import NAME
from recsys.tags.importers.callback import MAX_BODY
from recsys.tags.payload import parsed
from service.auth.gated_route import GatedRoute
from service.auth.keys import ID_LENGTH
from service.auth.vod_gate import VodCaller
from service.job_inputs import of_payload
from service.routers.parameters import as_json
from service.routers.tag_jobs import submit
from service.schemas.tag_jobs import ImportedJobs, submitted_job

router = APIRouter(prefix="/v1", tags=["imports"], route_class=GatedRoute)
EVENT = "AIVideoTagComplete"
KeyId = Annotated[str, Path(pattern=rf"^[0-9a-f]{{{ID_LENGTH}}}$", examples=["5f02ce971d3c"])]


@router.post("/imports/alibaba-vod/callback/{key_id}", response_model=ImportedJobs)
async def take_vod_callback(key_id: KeyId, request: Request, state: VodCaller) -> Response:
    """Take an event of VOD, signed with this key's `vod_callback_key`. An event that comes again counts once."""
    body = await request.body()
    told = parsed(body, MAX_BODY)
    if told["EventType"].text() != EVENT:
        return as_json(ImportedJobs(jobs=[], unfinished=[]))
    jobs, unfinished = await of_payload(NAME, body, None)
    event = f"{NAME} {EVENT} {told['JobId'].text()}"
    made = await submit(state, [replace(one, content=event) for one in jobs])
    return as_json(ImportedJobs(jobs=[submitted_job(*one) for one in made], unfinished=unfinished))
