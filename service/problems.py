"""The one shape of every error: RFC 9457 problem details, with the field, the value and the rule that it breaks."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.errors import BundleError, DataError, RecsysError

MEDIA_TYPE = "application/problem+json"
_LONGEST_VALUE = 100
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""As RFC 9110 has them; the standard library's differ from version to version."""
_HEADERS = {401: {"WWW-Authenticate": 'Bearer realm="tagreel"'}, 503: {"Retry-After": "1"}}
"""What goes with a status."""
FORESEEN = (RequestValidationError, HTTPException, RecsysError, OperationalError)
"""Errors that say all there is to know."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fault:
    """One broken rule."""

    field: str
    value: Any
    rule: str


class ProblemError(RecsysError):
    """A request that cannot be answered: its HTTP status, a code for machines, what to do next, headers if any."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.faults = status, code, detail, tuple(faults)
        self.headers = headers or {}


class FaultBody(BaseModel):
    """One broken rule."""

    field: str = Field(examples=["tags[0].confidence"])
    value: Any = Field(examples=[1.5])
    rule: str = Field(examples=["Input should be less than or equal to 1"])


class ProblemBody(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:tagreel:problem:invalid-input"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["tags[0].confidence is 1.5: input should be less than or equal to 1"])
    instance: str = Field(examples=["/v1/videos/v1"])
    errors: list[FaultBody] = []


WHY = {
    400: "The body is not JSON",
    401: "No valid key was shown",
    403: "The key, or the viewer's token, does not allow it",
    404: "There is no such thing",
    405: "An id that makes this another address, which does not take the method",
    408: "The body took too long to arrive",
    409: "It cannot be beside what is there",
    412: "It is not, or no longer, as `If-Match` or `If-None-Match` expects",
    413: "The body is too large",
    415: "The body is not said to be JSON",
    422: "A value breaks a rule",
    429: "Too many requests; `Retry-After` says when to ask again",
    500: "Something went wrong in the service",
    503: "Not now: the store is busy, or no bundle is published; `Retry-After` says when to ask again",
}
"""What the statuses of problems mean."""
REFERENCE = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of problems with these statuses."""
    return {str(one): {"description": WHY[one], "content": REFERENCE} for one in statuses}


def faults_of(errors: Sequence[Mapping[str, Any]], skip: int = 0) -> list[Fault]:
    """Pydantic's errors as faults; `skip` leaves out the first parts of each location."""
    return [Fault(_path(one["loc"][skip:]), _value(one), _rule(one)) for one in errors]


def validation_faults(error: ValidationError) -> list[Fault]:
    """The faults that one validated value has."""
    return faults_of(error.errors(include_url=False))


def invalid(faults: Sequence[Fault]) -> ProblemError:
    """The problem of an input that breaks these rules."""
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    where = f"{first.field} is {json.dumps(first.value)}: " if first.field else ""
    return ProblemError(422, "invalid-input", f"{where}{first.rule}{more}", faults)


def unknown_video(video_id: str) -> ProblemError:
    """The problem of a video that is not there."""
    return ProblemError(404, "unknown-video", f"No video {video_id!r}; PUT /v1/videos/{{id}} puts one")


def problem_response(problem: ProblemError, instance: str, extra: Mapping[str, Any] | None = None) -> Response:
    """A problem as an HTTP response."""
    body = {
        "type": f"urn:tagreel:problem:{problem.code}",
        "title": _TITLES.get(problem.status, HTTPStatus(problem.status).phrase),
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
        "errors": [asdict(one) for one in problem.faults],
        **(extra or {}),
    }
    headers = {**_HEADERS.get(problem.status, {}), **problem.headers}
    return Response(json.dumps(body), problem.status, headers, MEDIA_TYPE)


def as_problem(error: Exception) -> ProblemError:
    """What an exception means to who sent the request."""
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            return _invalid_request(error)
        case HTTPException():
            return _http_problem(error)
        case OperationalError():
            return ProblemError(503, "store-unavailable", "The store is busy or cannot be reached; try again")
        case DataError():
            return ProblemError(422, "invalid-input", str(error))
        case BundleError():
            return ProblemError(503, "bundle-unusable", str(error))
    return ProblemError(500, "internal", "Something went wrong here; the service's log has the details")


def shown(value: Any) -> Any:
    """A value as an error shows it: JSON that is never long."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) < 1e15:
        return value
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


class Problems:
    """ASGI middleware that makes every error behind it a problem. One that was not foreseen goes on to the server."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer in the app's place where it fails before it has begun to."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def sent(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except Exception as error:
            if has_begun:
                raise
            await _response(error, Request(scope))(scope, receive, send)
            if not isinstance(error, FORESEEN):
                raise


def _response(error: Exception, request: Request) -> Response:
    problem = as_problem(error)
    if problem.status >= 500 and not isinstance(error, ProblemError):
        _log.error("%s %s failed: %s", request.method, request.url.path, error)
    response = problem_response(problem, request.url.path)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


def _invalid_request(error: RequestValidationError) -> ProblemError:
    errors = error.errors()
    if errors[0]["type"] == "json_invalid":
        why = errors[0].get("ctx", {}).get("error", "not JSON")
        return ProblemError(400, "malformed-json", f"The body is not JSON: {why} at character {errors[0]['loc'][-1]}")
    if errors[0]["loc"] == ("body",) and not isinstance(errors[0].get("input"), dict | list):
        return ProblemError(415, "not-json", "The body is a JSON object; send it with Content-Type: application/json")
    return invalid(faults_of(errors, skip=1))


def _http_problem(error: HTTPException) -> ProblemError:
    match error.status_code:
        case 404:
            return ProblemError(404, "no-such-route", "There is nothing at this address; see /openapi.json")
        case 405:
            return ProblemError(405, "method-not-allowed", "This address does not take that method; see /openapi.json")
    code = _TITLES.get(error.status_code, HTTPStatus(error.status_code).phrase).lower().replace(" ", "-")
    return ProblemError(error.status_code, code, str(error.detail))


def _path(location: Sequence[str | int]) -> str:
    """`("tags", 0, "confidence")` as `tags[0].confidence`."""
    path = ""
    for one in location:
        if one == "[key]":  # pydantic's mark for a key that is wrong itself; the key stands before it
            continue
        path += f"[{one}]" if isinstance(one, int) else f".{one}" if path else one
    return path


def _value(error: Mapping[str, Any]) -> Any:
    return None if error["type"] == "missing" else shown(error.get("input"))


def _rule(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")
