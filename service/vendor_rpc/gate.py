"""Lets in who signed a request as Alibaba Cloud's clients do: AccessKeyId is a key's id, the secret made of the key."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from service.auth.access import NOBODY, Access, Caller
from service.auth.derived_secrets import rpc_secret
from service.auth.gates import Gate
from service.auth.keys import Scope
from service.state import State
from service.vendor_rpc.errors import RpcError
from service.vendor_rpc.signatures import Asked, Signed, claims, is_right, string_to_sign

WINDOW_MS = 15 * 60 * 1000
"""How far a signature's time may be from ours."""
WRITES = {"SubmitAIJob", "SetMessageCallback"}
MOST_PARAMETERS = 100
ASKED = "tagreel.asked"
"""Key of an ASGI scope: the request as it was signed."""


class RpcGate(Gate):
    """Asks for a signature. An open service lets the unsigned in too, if they come from no web page."""

    signed = True

    def __init__(self) -> None:
        super().__init__(Scope.READ)

    def _caller(self, request: Request, access: Access) -> Caller:
        """Who signed the request. RpcError where that is nobody, or not now."""
        asked = request.scope[ASKED] = asked_of(request)
        return _caller(asked, access)

    def _check(self, request: Request, caller: Caller, scope: Scope) -> None:
        action = action_of(request.scope[ASKED])
        needed = Scope.WRITE if action in WRITES else scope
        if caller.scope < needed:
            raise RpcError(403, "Forbidden", f"{action} needs a key of scope {needed.label}.")


def asked_of(request: Request) -> Asked:
    """A request, as far as signatures cover it."""
    try:
        raw = request.scope["query_string"].decode("ascii")
        query = parse_qsl(raw, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    except ValueError:
        what = f"The query is not UTF-8, percent-encoded, with at most {MOST_PARAMETERS} parameters."
        raise RpcError(400, "InvalidParameter", what) from None
    return Asked(request.method, request.url.path, tuple(query), dict(request.headers))


def action_of(asked: Asked) -> str:
    """What is asked for."""
    return asked.headers.get("x-acs-action") or asked.value("Action")


def _caller(asked: Asked, access: Access) -> Caller:
    signed = claims(asked)
    key = access.keys.of_id(signed.key_id) if signed is not None else None
    if signed is None or key is None:
        if access.is_open and "x-acs-action" in asked.headers:  # a header that web pages cannot send to others
            return NOBODY
        if signed is None:
            raise RpcError(400, "IncompleteSignature", "The request is not signed, or only in part.")
        raise RpcError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    if not is_right(asked, signed, rpc_secret(key)):
        what = "Specified signature is not matched with our calculation. server string to sign is"
        raise RpcError(400, "SignatureDoesNotMatch", f"{what}:{string_to_sign(asked, signed)}")  # clients compare it
    _check_new(signed, access)
    return Caller(key)


def _check_new(signed: Signed, access: Access) -> None:
    now = access.clock()
    if abs(now - signed.at) > WINDOW_MS:
        raise RpcError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
    if not access.nonces.is_new(f"{signed.key_id} {signed.nonce}", now, 2 * WINDOW_MS):
        raise RpcError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")


Signer = Annotated[State, Depends(RpcGate())]
"""The state of the tenant whose key signed the request."""
