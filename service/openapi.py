"""What OpenAPI says beyond what FastAPI finds by itself: bodies that handlers read themselves, problems, keys."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from service.auth.gated_route import SCHEMES
from service.problems import ProblemBody
from service.schemas.events import Event, EventBatch
from service.schemas.tag_jobs import TagJobFields, UploadFields
from service.schemas.videos import VideoBatch

_READ_BY_HANDLERS = (Event, EventBatch, VideoBatch, TagJobFields, UploadFields)
_REFERENCE = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Let the app describe itself in full; worked out when first asked for."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    _, more = models_json_schema(
        [*((one, "validation") for one in _READ_BY_HANDLERS), (ProblemBody, "serialization")],
        ref_template=_REFERENCE,
    )
    schemas = {**more["$defs"], **document["components"]["schemas"]}
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["securitySchemes"] = SCHEMES
    return document
