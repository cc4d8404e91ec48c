"""What several parts of the API share. Written by `docs/client.py`; change that, or the service."""

from typing import Any, Literal

from service.calls.call import Answer


class FaultBody(Answer):
    """One broken rule."""

    field: str
    value: Any
    rule: str


class Reason(Answer):
    """One part of a score; all parts of a video add up to it."""

    kind: Literal["tag", "video", "popularity", "other", "rule", "rotation"]
    id: str
    """The tag, the past video or the rule's filter; empty for the other kinds."""
    name: str | None
    """The tag's name or the video's title, where the store has one."""
    value: float
