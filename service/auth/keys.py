"""API keys: what one allows, how its secret is made, and what is kept of it."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import IntEnum

from recsys.errors import ConfigError, require

KEY_PREFIX = "tr_"
ID_LENGTH = 12
DEFAULT_TENANT = "default"
"""The tenant of whoever runs the service: its store and bundles are those that the settings name."""
TENANT_PATTERN = r"^[a-z0-9][a-z0-9-]{0,39}$"


class Scope(IntEnum):
    """What a key may do; each may do what those before it may."""

    READ = 1
    WRITE = 2
    ADMIN = 3

    @property
    def label(self) -> str:
        """As people and the store write it."""
        return self.name.lower()


@dataclass(frozen=True)
class Key:
    """What is kept of a key: enough to know its secret again, not the secret."""

    key_id: str
    """The hash's beginning: names the key, and finds it without a search by anything secret."""
    key_hash: str
    """sha256 of the secret, in hex. 32 random bytes cannot be guessed, so a slow hash would only slow requests."""
    name: str
    tenant: str
    scope: Scope
    per_minute: int | None
    """Requests a minute; None is without limit."""
    last_four: str
    created_at: int  # ms
    revoked_at: int | None = None  # ms

    def is_of(self, secret_hash: str) -> bool:
        """Whether it is the key of the secret with this hash; takes as long wherever they differ."""
        return secrets.compare_digest(self.key_hash, secret_hash)


def make_key(name: str, tenant: str, scope: Scope, per_minute: int | None, now: int) -> tuple[Key, str]:
    """A new key and its secret, which is kept nowhere.

    Args:
        name: what it is for.
        tenant: whose data it opens.
        scope: what it may do.
        per_minute: its limit of requests; None for none.
        now: ms.

    Raises:
        ConfigError: that is no tenant's name.
    """
    check_tenant(tenant)
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    found = hash_of(secret)
    return Key(found[:ID_LENGTH], found, name, tenant, scope, per_minute, secret[-4:], now), secret


def hash_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def check_tenant(tenant: str) -> None:
    """ConfigError where that is no tenant's name: it becomes part of paths and of a schema's name."""
    rule = "a tenant's name is 1 to 40 of a-z, 0-9 and -, the first no -"
    require(re.fullmatch(TENANT_PATTERN, tenant) is not None, f"{tenant!r}: {rule}", ConfigError)
