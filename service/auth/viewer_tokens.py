"""Tokens for viewers' own apps: signed by a key, good for one viewer's answers until they expire.

A token is `tv_<key id>.<payload>.<signature>`, the payload a JSON list of the viewer's id and the expiry in ms, both
parts in base64url. It names no tenant: it can only mean that of the key which signed it. With the key it dies.
"""

import base64
import hmac
import json
from functools import lru_cache

from service.auth.derived_secrets import as_text, derived
from service.auth.keys import Key
from service.problems import ProblemError

TOKEN_PREFIX = "tv_"  # noqa: S105 - how a token begins
_PURPOSE = b"tagreel viewer token 1"


def sign_token(key: Key, viewer_id: str, expires_at: int) -> str:
    """A token.

    Args:
        key: whose tenant it reads.
        viewer_id: whose answers it reads.
        expires_at: ms.
    """
    signed = f"{TOKEN_PREFIX}{key.key_id}.{as_text(json.dumps([viewer_id, expires_at]).encode())}"
    return f"{signed}.{_signature(key.key_hash, signed)}"


def key_id_of(token: str) -> str:
    """The id of the key that a token says signed it."""
    return token.removeprefix(TOKEN_PREFIX).partition(".")[0]


def viewer_of(token: str, key: Key, now: int) -> str:
    """The viewer whom a token is for.

    Args:
        token: as it came.
        key: the one it names, valid.
        now: ms.

    Raises:
        ProblemError: 401; the key did not sign it, or it has expired.
    """
    viewer_id, expires_at = _payload(token, key.key_hash)
    if now >= expires_at:
        raise ProblemError(401, "token-expired", "The viewer's token has expired; ask for another")
    return viewer_id


def invalid_token() -> ProblemError:
    """The problem of a token that no valid key has signed."""
    return ProblemError(401, "token-invalid", "No valid key has signed this viewer's token; ask for another")


@lru_cache(maxsize=10_000)
def _payload(token: str, key_hash: str) -> tuple[str, int]:
    """Whose a token is, and until when, ms: the same for ever, so it is kept. ProblemError where nobody signed it."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(key_hash, signed).encode()):
        raise invalid_token()
    viewer_id, expires_at = json.loads(_bytes(signed.partition(".")[2]))
    return viewer_id, expires_at


def _signature(key_hash: str, signed: str) -> str:
    return as_text(hmac.digest(derived(key_hash, _PURPOSE), signed.encode(), "sha256"))


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
