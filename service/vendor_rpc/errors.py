"""Errors as Alibaba Cloud's clients read them."""

import json
import uuid
from typing import Any

from fastapi import Response

from recsys.errors import RecsysError
from service.problems import ProblemError

_CODES = {
    401: "InvalidAccessKeyId.NotFound", 403: "Forbidden", 413: "InvalidParameter", 422: "InvalidParameter",
    429: "Throttling.User", 503: "ServiceUnavailable",
}  # fmt: skip


class RpcError(RecsysError):
    """A request that cannot be answered."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def missing(name: str) -> RpcError:
    """A parameter is not there."""
    return RpcError(400, "MissingParameter", f"The input parameter {name} that is mandatory is not supplied.")


def wrong(name: str, rule: str) -> RpcError:
    """A parameter breaks a rule."""
    return RpcError(400, "InvalidParameter", f"The parameter {name} is invalid: {rule}.")


def of_problem(problem: ProblemError) -> RpcError:
    """A problem in this form."""
    code = _CODES.get(problem.status, "InternalError" if problem.status >= 500 else "InvalidParameter")
    return RpcError(problem.status if problem.status != 422 else 400, code, problem.detail)


def error_response(error: RpcError, host: str) -> Response:
    """An error as a response."""
    body = {"RequestId": request_id(), "HostId": host, "Code": error.code, "Message": error.message}
    return Response(json.dumps(body), error.status, media_type="application/json")


def answer(body: dict[str, Any]) -> Response:
    """What an action found as a response."""
    return Response(json.dumps({"RequestId": request_id(), **body}, ensure_ascii=False), media_type="application/json")


def request_id() -> str:
    """A new id, as theirs look."""
    return str(uuid.uuid4()).upper()
