"""Secrets for signatures, made of what the store holds of a key, which is no secret; they sign as the key may.

As with viewers' tokens, who reads the store could sign, and reads more without.
"""

import base64
import hmac

from service.auth.keys import Key

_RPC, _VOD = b"tagreel rpc secret 1", b"tagreel vod callback 1"


def rpc_secret(key: Key) -> str:
    """What an Alibaba Cloud client takes as AccessKeySecret; its AccessKeyId is the key's id."""
    return base64.urlsafe_b64encode(_made(key, _RPC)).rstrip(b"=").decode()


def vod_callback_key(key: Key) -> str:
    """What Alibaba Cloud VOD takes as the key of its callbacks to us: up to 32 characters, of all three sorts."""
    return _made(key, _VOD).hex()[:29] + "aA1"


def _made(key: Key, purpose: bytes) -> bytes:
    return hmac.digest(bytes.fromhex(key.key_hash), purpose, "sha256")
