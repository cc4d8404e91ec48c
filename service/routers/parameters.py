"""Parameters and answers that several routes share."""

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel
from pydantic_core import from_json

from recsys.ranking.filter_tokens import MAX_LENGTH
from recsys.schema import MAX_ID_LENGTH
from service.problems import Fault, ProblemError, invalid, shown
from service.schemas.recommendations import MAX_N

_PLAIN = r"^[^\x00-\x1f\x7f]+$"
_ENDINGS = (
    "/tags",
    "/tag-result",
    "/similar",
    "/profile",
    "/recommendations",
    "/token",
    "/rows",
    "/continue",
    "/audience",
)


def _no_ending(value: str) -> str:
    if value.endswith(_ENDINGS):
        raise ValueError(
            f"an id in an address does not end in {' or '.join(_ENDINGS)}: nothing there takes this method"
        )
    return value


PathId = Annotated[
    str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=_PLAIN, examples=["u1"]), AfterValidator(_no_ending)
]
"""An id in the address, percent-encoded; it may hold slashes."""
N = Annotated[int, Query(ge=1, le=MAX_N, description="How many videos to return")]
Explain = Annotated[bool, Query(description="Give the reasons of each video")]
Wanted = Annotated[
    str | None,
    Query(
        alias="filter",
        min_length=1,
        max_length=MAX_LENGTH,
        description="Only videos that this filter matches",
        examples=['tags has "cats" and duration_s < 300'],
    ),
]
Diversity = Annotated[float, Query(ge=0, le=1, description="How much being unlike the videos above counts, by tags")]
Log = Annotated[bool, Query(description="Write down what was shown")]


def as_json(body: BaseModel, status: int = 200) -> Response:
    """A body as a response; faster than having FastAPI check it a second time."""
    return Response(body.model_dump_json(), status, media_type="application/json")


async def read_json(request: Request) -> Any:
    """The request's body as JSON. ProblemError 400 where it is none."""
    return parsed_json(await request.body())


def parsed_json(body: bytes) -> Any:
    """A body as JSON. ProblemError 400 where it is none."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise ProblemError(400, "malformed-json", f"The body is not JSON: {error}") from None


def listed(payload: Any, field: str, most: int) -> list[Any]:
    """The rows of a batch: the body's field of that name, or the body itself where that is a list.

    Raises:
        ProblemError: it is neither, it has other fields, or it has no rows or too many.
    """
    if isinstance(payload, dict) and payload.keys() == {field}:
        payload = payload[field]
    if not isinstance(payload, list):
        raise invalid([Fault(field, shown(payload), f'the body is a list, or an object {{"{field}": [...]}}')])
    if not 1 <= len(payload) <= most:
        raise invalid([Fault(field, f"{len(payload)} rows", f"a batch has 1 to {most} rows; send it in several")])
    return payload


def json_body(*schemas: type[BaseModel], example: Any) -> dict[str, Any]:
    """What OpenAPI says of a body that the handler reads itself."""
    references = [{"$ref": f"#/components/schemas/{one.__name__}"} for one in schemas]
    content = {"application/json": {"schema": {"anyOf": references}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
