"""A route for what is asked most: nothing goes on for a request but what it needs."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import lru_cache
from typing import Any

from fastapi import Request, Response
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError, create_model
from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from recsys.errors import ConfigError, require
from service.auth.gated_route import GatedRoute, gate_of

QUERIES = 256
"""Different queries of addresses whose parameters are kept: most requests to a route ask in the same words."""


class QuickRoute(GatedRoute):
    """A route whose handler takes a state and plain parameters of the address, and returns a response.

    To callers and in OpenAPI it is as any other. FastAPI solves dependencies and parameters one by one and opens two
    stacks of contexts for them, which takes longer than answering a viewer whose list is known.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        handler = self.get_route_handler()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            response = await handler(Request(scope, receive, send))
            await response(scope, receive, send)

        self.app = app

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the gate."""
        gate, handler, dependant = gate_of(self), self.endpoint, self.dependant
        _check_plain(dependant)
        in_path = _parameters(dependant.path_params)
        in_query = lru_cache(QUERIES)(_reader(_parameters(dependant.query_params)))
        state_name = next(str(one.name) for one in dependant.dependencies)

        async def quick(request: Request) -> Response:
            gate.admit(request)
            state = await gate(request)
            path, query = request.path_params, request.scope["query_string"]
            try:
                arguments = {**vars(in_path.model_validate(path)), **in_query(query)}
            except ValidationError:
                raise _faults(in_path, path, in_query, query) from None
            response: Response = await handler(**arguments, **{state_name: state})
            return response

        return quick


def _check_plain(dependant: Dependant) -> None:
    others = [*dependant.header_params, *dependant.cookie_params, *dependant.body_params]
    is_plain = not others and len(dependant.dependencies) == 1 and dependant.request_param_name is None
    require(is_plain, f"{dependant.path} takes more than plain parameters; it cannot be a quick route", ConfigError)


def _parameters(declared: Sequence[ModelField]) -> type[BaseModel]:
    """A model of parameters, each known by the name that it has in the address."""
    fields: dict[str, Any] = {one.name: _field(one) for one in declared}
    return create_model("Parameters", **fields)


def _field(one: ModelField) -> Any:
    info = one.field_info
    default = ... if info.is_required() else info.default
    return info.rebuild_annotation(), Field(default=default, validation_alias=one.alias)


def _reader(parameters: type[BaseModel]) -> Callable[[bytes], Mapping[str, Any]]:
    def read(query: bytes) -> Mapping[str, Any]:
        """The parameters of a query. ValidationError where they break a rule, which is not kept."""
        return vars(parameters.model_validate(dict(QueryParams(query))))

    return read


def _faults(
    in_path: type[BaseModel], path: Mapping[str, Any], in_query: Callable[[bytes], Mapping[str, Any]], query: bytes
) -> RequestValidationError:
    """Every rule that is broken, as FastAPI tells it: with where each parameter was."""
    return RequestValidationError(
        [
            *_told("path", lambda: in_path.model_validate(path)),
            *_told("query", lambda: in_query(query)),
        ]
    )


def _told(where: str, validate: Callable[[], object]) -> list[dict[str, Any]]:
    try:
        validate()
    except ValidationError as error:
        return [{**one, "loc": (where, *one["loc"])} for one in error.errors(include_url=False)]
    return []
