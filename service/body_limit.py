"""Bodies have a size limit, told or not: pure ASGI, so requests below it pay nothing."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware: reading more than `max_bytes` of a body is an error 413."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app, self.max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a `receive` that counts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        taken = int(told) if told.isdecimal() and int(told) > self.max_bytes else 0

        async def counted() -> Message:
            nonlocal taken
            if taken > self.max_bytes:
                raise self._too_large()
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.max_bytes:
                raise self._too_large()
            return message

        await self.app(scope, counted, send)

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body is over {self.max_bytes} bytes; send it in several requests")
