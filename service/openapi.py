"""What OpenAPI says beyond what FastAPI finds by itself: bodies that handlers read themselves, problems, keys."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from service.auth.gated_route import SCHEMES
from service.problems import ProblemBody, described
from service.schemas.events import Event, EventBatch
from service.schemas.tag_jobs import TagJobFields, UploadFields
from service.schemas.videos import VideoBatch

_READ_BY_HANDLERS = (Event, EventBatch, VideoBatch, TagJobFields, UploadFields)
_FASTAPIS_OWN = {"HTTPValidationError", "ValidationError"}
"""What FastAPI says of errors; ours are problems."""
_REFERENCE = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Let the app describe itself in full; worked out when first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _problems(address: str, operation: dict[str, Any]) -> Iterator[int]:
    """The statuses of the problems that an operation may answer with, besides those that it names itself."""
    if operation["security"]:
        yield from (401, 403, 429)
    if "{" in address:
        yield 404
    if _is_conditional(operation):
        yield 412
    if "requestBody" in operation:
        yield from (400, 408, 413, 415)
    if "requestBody" in operation or "parameters" in operation:
        yield 422
    yield from (500, 503)


def _is_conditional(operation: dict[str, Any]) -> bool:
    return any(one["name"] == "if-match" for one in operation.get("parameters", ()))


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    _, more = models_json_schema(
        [*((one, "validation") for one in _READ_BY_HANDLERS), (ProblemBody, "serialization")],
        ref_template=_REFERENCE,
    )
    schemas = {**more["$defs"], **document["components"]["schemas"]}
    document["components"]["schemas"] = {name: schemas[name] for name in sorted(schemas) if name not in _FASTAPIS_OWN}
    for address, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["responses"] |= described(*_problems(address, operation))
            if method == "get" and _is_conditional(operation):
                operation["responses"]["304"] = {"description": "It is as `If-None-Match` knows it"}
    document["components"]["securitySchemes"] = SCHEMES
    return document
