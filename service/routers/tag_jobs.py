"""Jobs that find a video's tags: submit one, look at it, take it back; and what was found last."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection

from recsys.schema import MAX_ID_LENGTH
from recsys.tags.jobs import ENDED
from service.auth.gated_route import GatedRoute
from service.auth.gates import Reader, Writer
from service.job_inputs import of_fields, of_upload
from service.problems import ProblemError, described, invalid, unknown_video, validation_faults
from service.routers.parameters import PathId, as_json, parsed_json
from service.schemas.tag_jobs import (
    EXAMPLE,
    SubmittedJob,
    TagJob,
    TagJobFields,
    UploadFields,
    VideoTagResult,
    submitted_job,
    tag_job,
    video_tag_result,
)
from service.state import State
from service.storage.tag_jobs import NewJob, add_job, cancel_job, get_job, latest_finished
from service.storage.videos import get_video
from service.uploads import FILE, uploaded

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=GatedRoute)
ADDRESS = "/v1/tag-jobs"
FORM = "multipart/form-data"
Row = dict[str, Any]
JobId = Annotated[str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=r"^[\w-]+$", examples=["5f02ce971d3c"])]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/TagJobFields"}, "example": EXAMPLE},
            FORM: {
                "schema": {
                    "allOf": [
                        {"$ref": "#/components/schemas/UploadFields"},
                        {"type": "object", "properties": {FILE: {"type": "string", "format": "binary"}}},
                    ]
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post("/tag-jobs", response_model=SubmittedJob, openapi_extra=BODY, responses=described(404))
async def submit_tag_job(request: Request, state: Writer) -> Response:
    """Have a video's tags found: JSON that names it, a form with it as `file`, or its bytes, the fields as query."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        fields = _checked(TagJobFields, await _read_small(request, state.settings.max_body_bytes))
        return as_json(await _submitted(state, await of_fields(fields, state.settings), fields.again))
    if kind != FORM and not kind.startswith("video/") and kind != "application/octet-stream":
        what = "Send JSON, a form (multipart/form-data), or a video's bytes as video/… or application/octet-stream"
        raise ProblemError(415, "unsupported-media-type", what)
    if kind == FORM:
        _check_page(request, state)
    query = dict(request.query_params)
    if kind != FORM:
        _known(state, _checked(UploadFields, query).video_id)  # before a video is read for nothing
    async with uploaded(request, state.settings.spool) as upload:
        given = _checked(UploadFields, {**query, **upload.fields})
        job = await _submitted(state, of_upload(given, upload), given.again)
        if job.repeated:  # the same video is there already
            (state.settings.spool / upload.name).unlink(missing_ok=True)
        return as_json(job)


@router.get("/tag-jobs/{job_id}", response_model=TagJob)
async def read_tag_job(job_id: JobId, state: Reader) -> Response:
    """A job, how far it is, and once it has finished what it found."""
    with state.store.reading() as connection:
        row = get_job(connection, job_id)
    return as_json(tag_job(_there(row, job_id)))


@router.delete("/tag-jobs/{job_id}", response_model=TagJob, responses=described(409))
async def cancel_tag_job(job_id: JobId, state: Writer) -> Response:
    """Cancel a job that has not ended. One under way is given up before its next analyser; nothing is stored."""
    now = state.clock()

    def write(connection: Connection) -> tuple[Row | None, Row | None]:
        return cancel_job(connection, job_id, now), get_job(connection, job_id)

    before, row = await state.store.write(write)
    there = _there(row, job_id)
    if before is not None and before["state"] == "queued" and before["input"] == "upload":
        (state.settings.spool / before["place"]).unlink(missing_ok=True)
    if before is not None and before["state"] in ENDED and before["state"] != "cancelled":
        raise ProblemError(409, "job-ended", f"Job {job_id} has {before['state']} already")
    return as_json(tag_job(there))


@router.get("/videos/{video_id:path}/tag-result", response_model=VideoTagResult)
async def read_tag_result(video_id: PathId, state: Reader) -> Response:
    """What the job found that finished last of those of a video."""
    _known(state, video_id)
    with state.store.reading() as connection:
        row = latest_finished(connection, video_id)
    if row is None:
        raise ProblemError(
            404, "no-tag-result", f"No job of video {video_id!r} has finished yet; POST {ADDRESS} starts one"
        )
    return as_json(video_tag_result(row))


async def submit(state: State, jobs: list[NewJob], again: bool = False) -> list[tuple[Row, bool]]:
    """Put jobs in line, all or none; each with whether it is a new one. ProblemError 404 where a video is unknown."""
    now = state.clock()

    def write(connection: Connection) -> list[tuple[Row, bool]]:
        made = []
        for job in jobs:
            if get_video(connection, job.video_id) is None:
                raise unknown_video(job.video_id)
            job_id, is_new = add_job(connection, job, now, again)
            made.append((_there(get_job(connection, job_id), job_id), is_new))
        return made

    return await state.store.write(write)


async def _submitted(state: State, job: NewJob, again: bool) -> SubmittedJob:
    [(row, is_new)] = await submit(state, [job], again)
    return submitted_job(row, is_new)


def _there(row: Row | None, job_id: str) -> Row:
    if row is None:
        raise ProblemError(404, "unknown-job", f"No job {job_id!r}; POST {ADDRESS} makes one")
    return row


def _known(state: State, video_id: str) -> None:
    with state.store.reading() as connection:
        if get_video(connection, video_id) is None:
            raise unknown_video(video_id)


def _check_page(request: Request, state: State) -> None:
    """ProblemError 403 for a form that a strange web page sends: browsers ask nobody before they do."""
    is_strange = request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    allowed = {"*", request.headers.get("origin", "")} & set(state.settings.cors_origins)
    if is_strange and not allowed:
        raise ProblemError(
            403, "not-from-pages", "Pages of other origins may not send videos; see TAGREEL_CORS_ORIGINS"
        )


def _checked(model: type[BaseModel], given: Any) -> Any:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise invalid(validation_faults(error)) from None


async def _read_small(request: Request, most: int) -> Any:
    """A body of JSON; this address lets much larger ones through, which are videos."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise ProblemError(413, "content-too-large", f"JSON is at most {most} bytes")
    return parsed_json(bytes(body))
