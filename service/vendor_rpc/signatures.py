"""The two ways in which Alibaba Cloud's clients sign requests: `ACS3-HMAC-SHA256` in a header, and 1.0 in the query."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from service.vendor_rpc.errors import RpcError

ALGORITHM = "ACS3-HMAC-SHA256"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
MUST_BE_SIGNED = {
    "host",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
}
_HEADER = re.compile(rf"{ALGORITHM} +Credential=([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]+)")
Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """A request, as far as signatures cover it."""

    method: str
    path: str
    query: Parameters
    """As they came, decoded."""
    headers: Mapping[str, str]
    """Names in lower case."""

    def value(self, name: str) -> str:
        """A parameter's value; empty where it is not there."""
        return next((value for key, value in self.query if key == name), "")


@dataclass(frozen=True)
class Signed:
    """What a request says of who signed it, and when."""

    key_id: str
    signature: str
    at: int  # ms
    nonce: str
    signed_headers: tuple[str, ...] | None = None
    """None for a signature in the query."""


def claims(asked: Asked) -> Signed | None:
    """Who a request says signed it; None where it is not signed.

    Raises:
        RpcError: 400; a part of the signature is missing or of another form.
    """
    told = asked.headers.get("authorization", "")
    if told.startswith(ALGORITHM):
        found = _HEADER.fullmatch(told.strip())
        if found is None:
            raise _incomplete("The Authorization header is not of the form that the algorithm asks for.")
        names = tuple(found[2].lower().split(";"))
        unsigned = sorted(MUST_BE_SIGNED - set(names))
        if unsigned:
            raise _incomplete(f"The headers {', '.join(unsigned)} must be signed.")
        if asked.headers.get("x-acs-content-sha256") != EMPTY_SHA256:
            raise RpcError(400, "InvalidParameter", "Parameters are read from the query; the body must be empty.")
        nonce, at = asked.headers.get("x-acs-signature-nonce", ""), _time(asked.headers.get("x-acs-date", ""))
        return Signed(found[1], found[3], at, _there(nonce), names)
    if not asked.value("Signature"):
        return None
    if (asked.value("SignatureMethod"), asked.value("SignatureVersion")) != ("HMAC-SHA1", "1.0"):
        raise _incomplete("SignatureMethod must be HMAC-SHA1 and SignatureVersion 1.0.")
    nonce, at = asked.value("SignatureNonce"), _time(asked.value("Timestamp"))
    return Signed(asked.value("AccessKeyId"), asked.value("Signature"), at, _there(nonce))


def is_right(asked: Asked, signed: Signed, secret: str) -> bool:
    """Whether who knows the secret has signed this request."""
    text = string_to_sign(asked, signed).encode()
    if signed.signed_headers is not None:
        wanted = hmac.digest(secret.encode(), text, "sha256").hex()
    else:
        wanted = base64.b64encode(hmac.digest(f"{secret}&".encode(), text, "sha1")).decode()
    return hmac.compare_digest(wanted.encode(), signed.signature.encode())


def string_to_sign(asked: Asked, signed: Signed) -> str:
    """What is signed: the hash of the request's canonical form, or its method and all parameters but the signature."""
    if signed.signed_headers is None:
        others = [one for one in asked.query if one[0] != "Signature"]
        return f"{asked.method}&%2F&{_encoded(canonical(others))}"
    headers = "".join(f"{name}:{asked.headers.get(name, '').strip()}\n" for name in signed.signed_headers)
    form = "\n".join((
        asked.method, asked.path, canonical(asked.query), headers, ";".join(signed.signed_headers),
        asked.headers.get("x-acs-content-sha256", ""),
    ))  # fmt: skip
    return f"{ALGORITHM}\n{hashlib.sha256(form.encode()).hexdigest()}"


def canonical(query: Parameters) -> str:
    """Parameters in order, percent-encoded."""
    return "&".join(f"{name}={value}" for name, value in sorted((_encoded(a), _encoded(b)) for a, b in query))


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _there(nonce: str) -> str:
    if not 1 <= len(nonce) <= 200:
        raise _incomplete("The signature's nonce is missing, or longer than 200 characters.")
    return nonce


def _time(text: str) -> int:
    try:
        return round(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        raise RpcError(
            400, "InvalidTimeStamp.Format", "The signature's time is not like 2026-11-23T10:00:00Z."
        ) from None


def _incomplete(message: str) -> RpcError:
    return RpcError(400, "IncompleteSignature", message)
