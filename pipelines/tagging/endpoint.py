"""Requests to an OpenAI-compatible endpoint: timed, tried again where that can help, and never beyond a budget."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from recsys.errors import ConfigError, RecsysError, require

AGAIN = {408, 409, 425, 429, 500, 502, 503, 504}
"""Answers after which another try may succeed."""
MOST_BYTES = 8 << 20
MOST_WAIT_S = 30.0


class EndpointError(RecsysError):
    """An endpoint gave no usable answer; the message says what it said."""


class SpentError(RecsysError):
    """The next request would cost more than is left."""


@dataclass(frozen=True, kw_only=True)
class EndpointConfig:
    """Where an endpoint is, and what it may cost."""

    url: str
    """Up to and with the version, such as `https://api.example.com/v1`."""
    model: str
    key_variable: str = ""
    """The environment variable with the key; none is sent if empty."""
    timeout_s: float = 60.0
    tries: int = 3
    """Of one request, the first among them."""
    max_cost: float = 1.0
    """Of one run, in the currency of the prices; no request is begun that would pass it, by what they cost so far."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        address = self.url.startswith(("https://", "http://"))
        require(address, f"url is {self.url!r}; it must begin with https:// or http://", ConfigError)
        require(bool(self.model), "model is empty; name the endpoint's model", ConfigError)
        require(self.timeout_s > 0, f"timeout_s is {self.timeout_s}; it must be above 0", ConfigError)
        require(self.tries > 0, f"tries is {self.tries}; it must be above 0", ConfigError)
        require(self.max_cost > 0, f"max_cost is {self.max_cost}; it must be above 0", ConfigError)

    @property
    def key(self) -> str:
        """The key; ConfigError where the environment lacks it."""
        found = os.environ.get(self.key_variable, "") if self.key_variable else ""
        lacks = f"the environment has no {self.key_variable}; set it to the endpoint's key"
        require(bool(found) or not self.key_variable, lacks, ConfigError)
        return found


@dataclass
class Endpoint:
    """An endpoint and what it has cost so far."""

    config: EndpointConfig
    pause: Callable[[float], None] = time.sleep
    """Waits between tries; tests put their own in."""
    spent: float = 0.0
    dearest: float = field(default=0.0, init=False)
    """The most that one request cost."""

    def post(self, path: str, body: bytes, kind: str, cost: Callable[[dict[str, Any]], float]) -> dict[str, Any]:
        """Send one request.

        Args:
            path: below the url.
            body: what to send.
            kind: its content type.
            cost: what an answer cost.

        Returns:
            The answer's JSON object.

        Raises:
            SpentError: as dear a request as the dearest so far would pass the budget.
            EndpointError: no usable answer after all tries.
            ConfigError: the environment lacks the key.
        """
        left = self.config.max_cost - self.spent
        require(left > 0 and self.dearest <= left, f"{self.spent:.4f} of {self.config.max_cost:g} is spent", SpentError)
        address = f"{self.config.url.rstrip('/')}/{path}"
        answer = self._tried(Request(address, body, self._headers(kind)))  # noqa: S310 - the config checks it
        price = cost(answer)
        self.spent, self.dearest = self.spent + price, max(self.dearest, price)
        return answer

    def _headers(self, kind: str) -> dict[str, str]:
        headers = {"Content-Type": kind, "Accept": "application/json"}
        return headers | ({"Authorization": f"Bearer {self.config.key}"} if self.config.key else {})

    def _tried(self, request: Request) -> dict[str, Any]:
        said = ""
        for number in range(self.config.tries):
            wait_s = min(MOST_WAIT_S, float(2**number))
            try:
                return _answer(request, self.config.timeout_s)
            except HTTPError as error:
                with error:
                    said = f"{error.code}: {error.read(300).decode('utf-8', 'replace').strip()}"
                if error.code not in AGAIN:
                    break
                wait_s = _asked_wait(error.headers.get("Retry-After"), wait_s)
            except (OSError, HTTPException, ValueError) as error:
                said = str(error) or type(error).__name__
            if number + 1 < self.config.tries:
                self.pause(wait_s)
        raise EndpointError(f"{request.full_url} gave no answer that can be used, saying {said!r}")


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would send pictures and key to an address that nobody configured."""

    def redirect_request(self, *given: Any) -> None:
        return None


def _answer(request: Request, timeout_s: float) -> dict[str, Any]:
    with build_opener(_NoRedirects).open(request, timeout=timeout_s) as answer:
        raw = answer.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    found = json.loads(raw)
    if not isinstance(found, dict):
        raise ValueError("the answer is no JSON object")
    return found


def _asked_wait(given: str | None, otherwise: float) -> float:
    """Seconds of a Retry-After header, as long as they are few."""
    return min(MOST_WAIT_S, float(given)) if given and given.isdigit() else otherwise
