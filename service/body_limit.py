"""Bodies have a limit of size, told or not, and of time: pure ASGI, so requests without one pay next to nothing."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.asgi import first_header

LENGTH = b"content-length"
Limit = tuple[int, float]
"""Most bytes, and most seconds."""


class BodyLimit:
    """ASGI middleware: reading more than `max_bytes` of a body is an error 413, waiting longer for it an error 408.

    Args:
        app: what is behind it.
        max_bytes: of a body.
        within_s: how long a body may take to arrive.
        others: addresses that take uploads, with their own limits.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, within_s: float, others: Mapping[str, Limit] = MappingProxyType({})
    ) -> None:
        self.app, self.usual, self.others = app, (max_bytes, within_s), others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a `receive` that counts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        max_bytes, within_s = self.others.get(scope.get("path", ""), self.usual)
        told, taken = first_header(scope, LENGTH), 0
        if told is not None and told.isdigit() and int(told) > max_bytes:
            taken = int(told)
        end: float | None = None
        is_complete = False

        async def counted() -> Message:
            nonlocal taken, is_complete, end
            if taken > max_bytes:
                raise _too_large(max_bytes)
            if is_complete:  # what comes now is only that the client has left
                return await receive()
            if end is None:  # the first part of a body that somebody wants
                end = asyncio.get_running_loop().time() + within_s
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError:
                raise _too_slow(within_s) from None
            taken, is_complete = taken + len(message.get("body", b"")), not message.get("more_body", False)
            if taken > max_bytes:
                raise _too_large(max_bytes)
            return message

        await self.app(scope, counted, send)


def _too_large(max_bytes: int) -> HTTPException:
    return HTTPException(413, f"The body is over {max_bytes} bytes; send it in several requests")


def _too_slow(within_s: float) -> HTTPException:
    what = f"The body has not arrived within {within_s:g} s; send it in several requests"
    return HTTPException(408, what, headers={"Connection": "close"})
