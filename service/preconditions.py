"""Conditional requests (RFC 9110, section 13): write only what was not changed meanwhile, read only what was."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Response

from service.problems import ProblemError

_Tags = Annotated[str | None, Header(max_length=1000)]


@dataclass(frozen=True)
class Precondition:
    """What a request expects of what is there."""

    if_match: str | None = None
    if_none_match: str | None = None

    def check(self, changed_at: int | None) -> None:
        """Let a write go on, or not.

        Args:
            changed_at: ms, when what is there was last changed; None where there is nothing.

        Raises:
            ProblemError: 412; it is not as the request expects.
        """
        if self.if_match is not None and not _is_among(changed_at, self.if_match):
            now = "there is nothing" if changed_at is None else f"its ETag is {etag(changed_at)}"
            raise ProblemError(412, "changed-meanwhile", f"If-Match is {self.if_match}, but {now}: read it again")
        if self.if_none_match is not None and _is_among(changed_at, self.if_none_match):
            raise ProblemError(412, "there-already", f"If-None-Match is {self.if_none_match}, and it is there already")

    def answer(self, changed_at: int, response: Response) -> Response:
        """A reading's answer with its ETag; without a body where the caller has it already."""
        if self.if_none_match is not None and _is_among(changed_at, self.if_none_match):
            response = Response(status_code=304)
        response.headers["ETag"] = etag(changed_at)
        return response


async def _given(if_match: _Tags = None, if_none_match: _Tags = None) -> Precondition:
    return Precondition(if_match, if_none_match)


Expected = Annotated[Precondition, Depends(_given)]
"""A route's parameter: what the request expects."""


def etag(changed_at: int) -> str:
    """The entity tag of what was last changed then."""
    return f'"{changed_at}"'


def _is_among(changed_at: int | None, listed: str) -> bool:
    """Whether an If-Match or If-None-Match names what is there; `*` names anything."""
    names = [one.strip().removeprefix("W/") for one in listed.split(",")]
    return changed_at is not None and ("*" in names or etag(changed_at) in names)
