"""A route whose errors are those that Alibaba Cloud's clients read, whatever goes wrong."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response

from service.auth.gated_route import GatedRoute
from service.problems import ProblemError, as_problem
from service.vendor_rpc.errors import RpcError, error_response, of_problem

_log = logging.getLogger(__name__)


class RpcRoute(GatedRoute):
    """A gated route with errors of that form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the gate."""
        handler = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handler(request)
            except RpcError as error:
                found = error
            except Exception as error:
                found = of_problem(as_problem(error))
                if found.status >= 500 and not isinstance(error, ProblemError):
                    _log.exception("%s failed", request.headers.get("x-acs-action", "a request"))
            return error_response(found, request.headers.get("host", ""))

        return told
