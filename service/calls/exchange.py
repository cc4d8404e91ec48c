"""How a call is sent, and sent again, told without sending anything: what both clients do, each in its own way."""

import random
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import partial
from types import NoneType
from typing import Any, Protocol, TypeAlias, TypeVar

import httpx
from pydantic import TypeAdapter

from service.calls.call import Answer, Call
from service.calls.errors import NoAnswerError, problem_of

T = TypeVar("T")


@dataclass(frozen=True)
class Pause:
    """A step: wait."""

    seconds: float


@dataclass(frozen=True)
class Rows:
    """A step: hand these over to who iterates."""

    rows: Iterable[Any]


Outcome: TypeAlias = httpx.Response | httpx.TransportError | None
"""What a step led to; None for a pause and for rows."""
Flow: TypeAlias = Generator[Call[Any] | Pause | Rows, Outcome, T]
"""Steps of which the last leads to a T."""


class Send(Protocol):
    """Sends a call as often as it takes."""

    def __call__(self, call: Call[T]) -> Flow[T]:
        """The answer."""


@dataclass(frozen=True, kw_only=True)
class Retries:
    """When a request is sent again.

    Full jitter: a pause is drawn evenly from 0 up to `base_s`, doubled with each try, so that clients that failed
    together do not come back together. `Retry-After` is honoured, and a bit is drawn on top of it.
    """

    tries: int = 4
    """In all; 1 never sends anything twice."""
    base_s: float = 0.2
    longest_s: float = 30.0
    """No pause is longer; who is told to wait longer is told so by the error."""
    statuses: frozenset[int] = frozenset({429, 502, 503, 504})
    draw: Callable[[], float] = random.random
    """From 0 to 1."""

    def __post_init__(self) -> None:
        if self.tries < 1 or self.base_s < 0 or self.longest_s < 0:
            raise ValueError(f"{self}: there is at least one try, and no pause is below 0")

    def pause(self, call: Call[Any], outcome: Outcome, tried: int) -> float | None:
        """How long to wait before the next try, in seconds; None where there is none.

        Args:
            call: what was sent.
            outcome: what came of it, no success.
            tried: how often it was sent.
        """
        if tried >= self.tries or not self._may_be_repeated(call, outcome):
            return None
        drawn = self.draw() * min(self.base_s * 2 ** (tried - 1), self.longest_s)
        told = problem_of(outcome).retry_after_s if isinstance(outcome, httpx.Response) else None
        if told is None:
            return drawn
        return told + drawn if told <= self.longest_s else None

    def _may_be_repeated(self, call: Call[Any], outcome: Outcome) -> bool:
        """Whether a second try does no harm: what was turned away by a limit, or never reached anybody, did nothing."""
        if isinstance(outcome, httpx.Response):
            return outcome.status_code in self.statuses and (call.is_repeatable or outcome.status_code == 429)
        return call.is_repeatable or isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout)


def sender(retries: Retries) -> Send:
    """Sends calls under these rules."""
    return partial(exchange, retries)


def exchange(retries: Retries, call: Call[T]) -> Flow[T]:
    """Send a call until it succeeds or may not be repeated.

    Raises:
        ProblemError: the service turned it down or failed.
        NoAnswerError: the service was not reached.
    """
    for tried in range(1, retries.tries + 1):
        outcome = yield call
        if isinstance(outcome, httpx.Response) and outcome.is_success:
            return read(call, outcome)
        pause = retries.pause(call, outcome, tried)
        if pause is None:
            break
        yield Pause(pause)
    if isinstance(outcome, httpx.Response):
        raise problem_of(outcome)
    raise NoAnswerError(f"{call.method} {call.path}: {outcome or type(outcome).__name__}") from outcome


def read(call: Call[T], response: httpx.Response) -> T:
    """An answer as what the call says it is."""
    if call.answer is NoneType:
        return None  # type: ignore[return-value]
    if call.answer is str:
        return response.text  # type: ignore[return-value]
    found = TypeAdapter(call.answer).validate_json(response.content)
    if isinstance(found, Answer):
        found._etag = response.headers.get("etag")
    return found
