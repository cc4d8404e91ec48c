"""Secrets for signatures, made of what the store holds of a key, which is no secret; they sign as the key may.

Who reads the store could sign, and reads more without.
"""

import base64
import hmac

from service.auth.keys import Key

_RPC, _VOD = b"tagreel rpc secret 1", b"tagreel vod callback 1"


def rpc_secret(key: Key) -> str:
    """What an Alibaba Cloud client takes as AccessKeySecret; its AccessKeyId is the key's id."""
    return as_text(derived(key.key_hash, _RPC))


def vod_callback_key(key: Key) -> str:
    """What Alibaba Cloud VOD takes as the key of its callbacks to us: up to 32 characters, of all three sorts."""
    return derived(key.key_hash, _VOD).hex()[:29] + "aA1"


def derived(key_hash: str, purpose: bytes) -> bytes:
    """A secret for one purpose, made of the hash that is kept of a key."""
    return hmac.digest(bytes.fromhex(key_hash), purpose, "sha256")


def as_text(data: bytes) -> str:
    """base64url, without the signs that fill it up."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
