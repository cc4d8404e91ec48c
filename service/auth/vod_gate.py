"""Lets in Alibaba Cloud VOD with a callback that it signed with the secret of the key in the address."""

from typing import Annotated

from fastapi import Depends, Request

from recsys.tags.importers.callback import refusal
from service.auth.access import Access, Caller
from service.auth.derived_secrets import vod_callback_key
from service.auth.gates import CALLER, Gate, count
from service.auth.keys import Scope
from service.problems import ProblemError
from service.request_log import TENANT
from service.state import State

SCHEMES = ("https", "http")
"""Whoever ends TLS before us knows which of them it was; the signature covers it."""


class VodGate(Gate):
    """Asks for a callback's signature, made lately. It does not cover the body."""

    signed = True

    def __init__(self) -> None:
        super().__init__(Scope.WRITE)

    def admit(self, request: Request) -> None:
        """Let the caller through, or not.

        Raises:
            ProblemError: 401, nobody whom we know signed it, or not now; 403, that key may not; 429, not so often.
        """
        access: Access = request.app.state.access
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
        caller = request.scope[CALLER] = Caller(key)
        request.scope[TENANT] = caller.tenant
        count(request, access, caller)
        if key.scope < Scope.WRITE:
            raise ProblemError(403, "scope-too-low", "The address must name a key of scope write")


VodCaller = Annotated[State, Depends(VodGate())]
"""The state of the tenant whose key signed the callback."""
