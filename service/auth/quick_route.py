"""A route for what is asked most: its plain parameters are read by one validation, not by one each."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError, create_model

from recsys.errors import ConfigError, require
from service.auth.gated_route import GatedRoute, gate_of


class QuickRoute(GatedRoute):
    """A route whose handler takes a state and plain parameters of the address, and returns a response.

    To callers and in OpenAPI it is as any other. FastAPI solves dependencies one by one, which takes longer than
    answering a viewer whose list is known.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the gate."""
        gate, handler, parameters = gate_of(self), self.endpoint, _parameters(self.dependant)
        in_path = frozenset(one.alias for one in self.dependant.path_params)
        state_name = next(str(one.name) for one in self.dependant.dependencies)
        names = list(parameters.model_fields)

        async def quick(request: Request) -> Response:
            gate.admit(request)
            state = await gate(request)
            given: dict[str, Any] = {**dict(request.query_params), **request.path_params}
            try:
                found = parameters.model_validate(given)
            except ValidationError as error:
                raise _told(error, in_path) from None
            arguments = {name: getattr(found, name) for name in names}
            response: Response = await handler(**arguments, **{state_name: state})
            return response

        return quick


def _parameters(dependant: Dependant) -> type[BaseModel]:
    """A model of a route's parameters."""
    others = [*dependant.header_params, *dependant.cookie_params, *dependant.body_params]
    is_plain = not others and len(dependant.dependencies) == 1 and dependant.request_param_name is None
    require(is_plain, f"{dependant.path} takes more than plain parameters; it cannot be a quick route", ConfigError)
    fields = {one.name: _field(one) for one in (*dependant.path_params, *dependant.query_params)}
    return create_model("Parameters", **fields)


def _field(one: ModelField) -> Any:
    """A parameter as a field of a model, known by the name that it has in the address."""
    info = one.field_info
    default = ... if info.is_required() else info.default
    return info.rebuild_annotation(), Field(default=default, validation_alias=one.alias)


def _told(error: ValidationError, in_path: frozenset[str]) -> RequestValidationError:
    """The error as FastAPI tells it: where each parameter was."""
    errors = error.errors(include_url=False)
    return RequestValidationError(
        [{**one, "loc": ("path" if one["loc"][0] in in_path else "query", *one["loc"])} for one in errors]
    )
