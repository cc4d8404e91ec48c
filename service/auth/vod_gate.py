"""Lets in Alibaba Cloud VOD with a callback that it signed with the secret of the key in the address."""

from typing import Annotated

from fastapi import Depends, Request

from recsys.tags.importers.callback import refusal
from service.auth.access import Access, Caller
from service.auth.derived_secrets import vod_callback_key
from service.auth.gates import Gate
from service.auth.keys import Scope
from service.problems import ProblemError
from service.state import State

SCHEMES = ("https", "http")
"""Whoever ends TLS before us knows which of them it was; the signature covers it."""


class VodGate(Gate):
    """Asks for a callback's signature, made lately. It does not cover the body."""

    signed = True

    def __init__(self) -> None:
        super().__init__(Scope.WRITE)

    def _caller(self, request: Request, access: Access) -> Caller:
        """The key in the address. ProblemError 401 where it signed nothing, or not now."""
        key = access.keys.of_id(request.path_params["key_id"])
        if key is None:
            raise ProblemError(401, "callback-unsigned", "The address names no key that is valid")
        address = f"://{request.headers.get('host', '')}{request.url.path}"
        now_s = access.clock() / 1000
        said = [
            refusal(request.headers, [vod_callback_key(key)], now_s, f"{scheme}{address}") for scheme in SCHEMES
        ]  # fmt: skip
        if None not in said:
            raise ProblemError(401, "callback-unsigned", f"The callback is refused: {said[0]}")
        return Caller(key)

    def _check(self, request: Request, caller: Caller, scope: Scope) -> None:
        if caller.scope < scope:
            raise ProblemError(403, "scope-too-low", f"The address must name a key of scope {scope.label}")


VodCaller = Annotated[State, Depends(VodGate())]
"""The state of the tenant whose key signed the callback."""
