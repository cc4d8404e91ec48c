"""What goes wrong: no answer at all, or an answer that is a problem (RFC 9457), by its status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_LONGEST = 500


class TagreelError(Exception):
    """Anything that comes of a call but its answer."""


class NoAnswerError(TagreelError):
    """The service could not be reached, or did not answer in time; the cause is the error of httpx."""


@dataclass(frozen=True)
class Fault:
    """One broken rule."""

    field: str
    value: Any
    rule: str


class ProblemError(TagreelError):
    """The service turned a request down, or failed. The subclasses are the statuses that can be told apart."""

    def __init__(self, response: httpx.Response) -> None:
        told = _told(response)
        self.status = response.status_code
        self.code = str(told.get("type", "")).rpartition(":")[2]
        """For machines, such as `unknown-video`; empty where something between here and the service answered."""
        self.title = str(told.get("title", response.reason_phrase))
        self.detail = str(told.get("detail", response.text[:_LONGEST]))
        self.instance = str(told.get("instance", response.url.path))
        self.errors = tuple(_fault(one) for one in told.get("errors", ()))
        """The rules that the input breaks."""
        self.retry_after_s = _seconds(response.headers.get("retry-after"))
        self.request_id: str | None = response.headers.get("x-request-id")
        """By which the service's log knows the request."""
        super().__init__(f"{self.status} {self.title}: {self.detail}")


class BadRequestError(ProblemError):
    """400: the body is not JSON."""


class UnauthorizedError(ProblemError):
    """401: no valid key, or a viewer's token that has expired."""


class ForbiddenError(ProblemError):
    """403: the key does not allow it."""


class NotFoundError(ProblemError):
    """404: there is no such video, viewer, tag or address."""


class ConflictError(ProblemError):
    """409: it cannot be beside what is there."""


class ChangedError(ProblemError):
    """412: it was changed meanwhile, or is there already."""


class TooLargeError(ProblemError):
    """413: the body is too large; send it in several."""


class InvalidError(ProblemError):
    """422: values break rules; `errors` has each with its field."""


class TooManyRequestsError(ProblemError):
    """429: more requests than the key or the viewer may send; `retry_after_s` says when to go on."""


class ServiceError(ProblemError):
    """5xx: the service failed, or cannot answer now."""


_BY_STATUS: Mapping[int, type[ProblemError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    412: ChangedError,
    413: TooLargeError,
    422: InvalidError,
    429: TooManyRequestsError,
}


def problem_of(response: httpx.Response) -> ProblemError:
    """What an answer that is no success says."""
    kind = ServiceError if response.status_code >= 500 else _BY_STATUS.get(response.status_code, ProblemError)
    return kind(response)


def _told(response: httpx.Response) -> dict[str, Any]:
    if "json" not in response.headers.get("content-type", ""):
        return {}
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _fault(one: Mapping[str, Any]) -> Fault:
    return Fault(one.get("field", ""), one.get("value"), one.get("rule", ""))


def _seconds(header: str | None) -> float | None:
    """A `Retry-After` in seconds; its other form, a date, is not used by the service."""
    try:
        return None if header is None else max(float(header), 0.0)
    except ValueError:
        return None
