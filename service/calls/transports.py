"""Going through the steps of a call: waiting for each, or awaiting each. Neither knows what the steps mean."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Self, TypeVar

import httpx
from pydantic_core import to_json

from service.calls.call import Call, in_query
from service.calls.exchange import Flow, Outcome, Pause, Retries, Rows, sender

T = TypeVar("T")


class Transport:
    """What both have: where to send, as whom, and how often."""

    def __init__(self, address: str, key: str | None, retries: Retries, max_batch: int) -> None:
        self.address, self.retries, self.max_batch = address.rstrip("/"), retries, max_batch
        self.sending = sender(retries)
        self._key = key

    def arguments(self, call: Call[Any]) -> dict[str, Any]:
        """A call as httpx takes it."""
        given: Mapping[str, str | None] = {**(call.headers or {}), "X-API-Key": self._key}
        headers = {name: one for name, one in given.items() if one is not None}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        return {
            "method": call.method,
            "url": f"{self.address}{call.path}",
            "params": in_query(call.query),
            "content": None if call.body is None else to_json(call.body),
            "headers": headers,
        }


class PlainTransport(Transport):
    """Waits for each step."""

    _http: httpx.Client

    def send(self, call: Call[T]) -> T:
        """The answer to a call, sent as often as it takes."""
        return self.run(self.sending(call))

    def run(self, flow: Flow[T]) -> T:
        """Go through the steps to what they lead to."""
        try:
            step = next(flow)
            while True:
                step = flow.send(self._outcome(step))
        except StopIteration as end:
            result: T = end.value
            return result

    def each(self, flow: Flow[None]) -> Iterator[Any]:
        """Go through the steps and give the rows on the way."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Rows):
                    yield from step.rows
                step = flow.send(self._outcome(step))
        except StopIteration:
            return

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _outcome(self, step: Call[Any] | Pause | Rows) -> Outcome:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
        elif isinstance(step, Call):
            try:
                return self._http.request(**self.arguments(step))
            except httpx.TransportError as error:
                return error
        return None


class AsyncTransport(Transport):
    """Awaits each step."""

    _http: httpx.AsyncClient

    async def send(self, call: Call[T]) -> T:
        """The answer to a call, sent as often as it takes."""
        return await self.run(self.sending(call))

    async def run(self, flow: Flow[T]) -> T:
        """Go through the steps to what they lead to."""
        try:
            step = next(flow)
            while True:
                step = flow.send(await self._outcome(step))
        except StopIteration as end:
            result: T = end.value
            return result

    async def each(self, flow: Flow[None]) -> AsyncIterator[Any]:
        """Go through the steps and give the rows on the way."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Rows):
                    for row in step.rows:
                        yield row
                step = flow.send(await self._outcome(step))
        except StopIteration:
            return

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def _outcome(self, step: Call[Any] | Pause | Rows) -> Outcome:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
        elif isinstance(step, Call):
            try:
                return await self._http.request(**self.arguments(step))
            except httpx.TransportError as error:
                return error
        return None
