"""Bodies have a limit of size, told or not, and of time: pure ASGI, so requests without one pay next to nothing."""

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware: reading more than `max_bytes` of a body is an error 413, waiting longer for it an error 408."""

    def __init__(self, app: ASGIApp, max_bytes: int, within_s: float) -> None:
        self.app, self.max_bytes, self.within_s = app, max_bytes, within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a `receive` that counts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        taken = int(told) if told.isdecimal() and int(told) > self.max_bytes else 0
        loop = asyncio.get_running_loop()
        end, is_complete = loop.time() + self.within_s, False

        async def counted() -> Message:
            nonlocal taken, is_complete
            if taken > self.max_bytes:
                raise self._too_large()
            if is_complete:  # what comes now is only that the client has left
                return await receive()
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError:
                raise self._too_slow() from None
            taken, is_complete = taken + len(message.get("body", b"")), not message.get("more_body", False)
            if taken > self.max_bytes:
                raise self._too_large()
            return message

        await self.app(scope, counted, send)

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body is over {self.max_bytes} bytes; send it in several requests")

    def _too_slow(self) -> HTTPException:
        what = f"The body has not arrived within {self.within_s:g} s; send it in several requests"
        return HTTPException(408, what, headers={"Connection": "close"})
