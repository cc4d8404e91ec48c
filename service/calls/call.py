"""One request to the service, before it is sent, and the answers that come back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, PrivateAttr

T = TypeVar("T")


class Answer(BaseModel):
    """An answer's body. Fields that this version does not know are left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    _etag: str | None = PrivateAttr(default=None)

    @property
    def etag(self) -> str | None:
        """For `if_match`, to write only what nobody changed meanwhile; None where the answer has none."""
        return self._etag


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request. Sending it again does no harm where `is_repeatable`."""

    method: str
    path: str
    answer: type[T]
    """A model; `str` for plain text, `NoneType` where the body is empty."""
    query: Mapping[str, Any] | None = None
    body: Any = None
    headers: Mapping[str, str | None] | None = None
    is_repeatable: bool = True


def in_path(value: str) -> str:
    """An id as part of an address."""
    return quote(value, safe="")


def in_query(values: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Values as parameters of an address; None leaves one out, a list repeats it.

    >>> in_query({"n": 5, "log": False, "filter": None, "asked": ["a", "b"]})
    [('n', '5'), ('log', 'false'), ('asked', 'a'), ('asked', 'b')]
    """
    given = [(name, one) for name, value in (values or {}).items() for one in _listed(value)]
    return [(name, _text(one)) for name, one in given if one is not None]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)
