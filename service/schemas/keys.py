"""Keys and viewers' tokens in the API."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from service.auth.derived_secrets import rpc_secret, vod_callback_key
from service.auth.keys import TENANT_PATTERN, Key
from service.schemas.fields import Body, Reply, Time, no_nul

MAX_PER_MINUTE = 1_000_000
LONGEST_TOKEN_S = 30 * 86_400
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(no_nul), Field(examples=["shop"])]
Tenant = Annotated[str, StringConstraints(pattern=TENANT_PATTERN), Field(examples=["acme"])]
ScopeName = Literal["read", "write", "admin"]
PerMinute = Annotated[int, Field(ge=1, le=MAX_PER_MINUTE)]


class KeyFields(Body):
    """What a new key is for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "web shop", "scope": "write"}]})

    name: Name
    """What it is for, for people."""
    scope: ScopeName
    """`read`, `write` (and read) or `admin` (all of it)."""
    per_minute: PerMinute | None = None
    """Requests a minute; without limit where it is not given."""
    tenant: Tenant | None = None
    """Whose data it opens: the caller's own. Only the default tenant's keys make keys of others."""


class KeyInfo(Reply):
    """A key without its secret, which is kept nowhere."""

    key_id: str = Field(examples=["5f02ce971d3c"])
    name: str
    tenant: str
    scope: ScopeName
    per_minute: int | None
    last_four: str = Field(examples=["x7Qa"])
    """How the secret ends."""
    created_at: Time
    revoked_at: Time | None
    """Since when it is worth nothing."""


class NewKey(KeyInfo):
    """A new key, with its secrets this once."""

    secret: str
    rpc_secret: str
    """AccessKeySecret of Alibaba Cloud clients; their AccessKeyId is `key_id`."""
    vod_callback_key: str
    """Key of the callbacks that Alibaba Cloud VOD sends to `/v1/imports/alibaba-vod/callback/{key_id}`."""


class Keys(Reply):
    """Keys, oldest first."""

    keys: list[KeyInfo]


class TokenFields(Body):
    """How a viewer's token is to be."""

    expires_in_s: int = Field(default=3600, ge=10, le=LONGEST_TOKEN_S)
    """How long it is good for: 10 seconds to 30 days."""


class ViewerToken(Reply):
    """A token for a viewer's own app."""

    viewer_id: str
    token: str
    expires_at: Time


def key_info(key: Key) -> KeyInfo:
    """A key as answers show it."""
    return KeyInfo(**_shown(key))


def new_key(key: Key, secret: str) -> NewKey:
    """A key and its secrets."""
    return NewKey(**_shown(key), secret=secret, rpc_secret=rpc_secret(key), vod_callback_key=vod_callback_key(key))


def _shown(key: Key) -> dict[str, Any]:
    fields = {name: getattr(key, name) for name in KeyInfo.model_fields}
    return {**fields, "scope": key.scope.label}
