"""What vendors found in videos, as they sent it: a job each video stores it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from recsys.tags.importers.vendors import READERS
from service.auth.gated_route import GatedRoute
from service.auth.gates import Writer
from service.job_inputs import of_payload
from service.problems import ProblemError
from service.routers.parameters import as_json
from service.routers.tag_jobs import submit
from service.schemas.fields import Id
from service.schemas.tag_jobs import ImportedJobs, submitted_job

router = APIRouter(prefix="/v1", tags=["imports"], route_class=GatedRoute)
VendorName = Annotated[str, Path(max_length=40, examples=["google"])]
OfVideo = Annotated[Id | None, Query(description="The video that it is of; by default what the vendor calls it")]
BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {}, "example": {"AIJobList": {}}}}}
}


@router.post("/imports/{vendor}", response_model=ImportedJobs, openapi_extra=BODY)
async def import_results(vendor: VendorName, request: Request, state: Writer, video_id: OfVideo = None) -> Response:
    """Take what a vendor sent, as it is: one result, a list, or one a line. Importing it again changes nothing."""
    if vendor not in READERS:
        raise ProblemError(404, "unknown-vendor", f"No vendor is called {vendor!r}; known are {', '.join(READERS)}")
    if "json" not in request.headers.get("content-type", ""):  # web pages may send anything else to anybody
        raise ProblemError(415, "not-json", "Send the payload with Content-Type: application/json")
    jobs, unfinished = await of_payload(vendor, await request.body(), video_id)
    made = await submit(state, jobs)
    return as_json(ImportedJobs(jobs=[submitted_job(*one) for one in made], unfinished=unfinished))
