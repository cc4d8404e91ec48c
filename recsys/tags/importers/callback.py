"""Whether a callback of Alibaba Cloud VOD is what it says: its signature, its age, and which event it tells.

The signature is md5 of address, time and key, and leaves the body out: who must be sure of the body asks the vendor for
the job's result by its id.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recsys.errors import DataError
from recsys.tags.payload import Limits, parsed

WINDOW_S = 300
"""How long a signature is good for, before and after its time."""
MAX_BODY = Limits(n_bytes=2**20)


@dataclass(frozen=True)
class CallbackCheck:
    """What was found out."""

    reason: str | None
    """Why it is refused; None where it may be trusted."""
    event: tuple[str, str] | None = None
    """(JobId, EventType): the same event is sent again after any answer but 200, and counts once."""

    @property
    def ok(self) -> bool:
        """Whether it may be trusted."""
        return self.reason is None


def check_callback(
    headers: Mapping[str, str],
    body: bytes,
    keys: Sequence[str],
    now_s: float,
    url: str,
    window_s: float = WINDOW_S,
    limits: Limits = MAX_BODY,
) -> CallbackCheck:
    """Check a callback's signature, its time and its form.

    Args:
        headers: of the request, names in any case.
        body: of the request, as it came.
        keys: the private key; the old one too while it is being changed. Without any, nothing is trusted.
        now_s: Unix time.
        url: the address that the vendor was told to call, letter for letter.
        window_s: by how much the signature's time may differ from now.
        limits: of the body.
    """
    reason = refusal(headers, keys, now_s, url, window_s)
    if reason is not None:
        return CallbackCheck(reason)
    try:
        told = parsed(body, limits)
        event = told["JobId"].text(), told["EventType"].text()
    except DataError as error:
        return CallbackCheck(str(error))
    return CallbackCheck(None, event) if all(event) else CallbackCheck("its body names no JobId or no EventType")


def refusal(
    headers: Mapping[str, str], keys: Sequence[str], now_s: float, url: str, window_s: float = WINDOW_S
) -> str | None:
    """Why a callback's signature or time is refused; None where it may be trusted. See `check_callback`."""
    found = {name.lower(): value.strip() for name, value in headers.items()}
    signature, timestamp = found.get("x-vod-signature"), found.get("x-vod-timestamp")
    if not signature or not timestamp:
        return "it has no X-VOD-SIGNATURE or no X-VOD-TIMESTAMP"
    if not re.fullmatch(r"\d{10}", timestamp, re.ASCII):
        return "X-VOD-TIMESTAMP is not a Unix time of ten digits"
    right = [hmac.compare_digest(signed(url, timestamp, key).encode(), signature.lower().encode()) for key in keys]
    if not any(right):
        return "X-VOD-SIGNATURE does not fit the address, the time and the key"
    if abs(now_s - int(timestamp)) > window_s:
        return f"X-VOD-TIMESTAMP is {abs(now_s - int(timestamp)):.0f} s off; {window_s:g} s are allowed"
    return None


def signed(url: str, timestamp: str, key: str) -> str:
    """The signature: md5 of address, time and key, in hexadecimal.

    >>> signed("https://www.example.com/your/callback", "1519375990", "test123")
    'c72b60894140fa98920f1279219b7ed4'
    """
    text = f"{url}|{timestamp}|{key}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # the vendor's choice, not ours
