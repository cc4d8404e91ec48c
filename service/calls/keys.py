"""The API's part keys. Written by `docs/client.py`; change that, or the service."""

from datetime import datetime
from typing import Literal, NotRequired, TypedDict, Unpack

from service.calls.call import Answer, Call, in_path


class KeyFields(TypedDict):
    """What a new key is for."""

    name: str
    """What it is for, for people."""
    scope: Literal["read", "write", "admin"]
    """`read`, `write` (and read) or `admin` (all of it)."""
    per_minute: NotRequired[int | None]
    """Requests a minute; without limit where it is not given."""
    tenant: NotRequired[str | None]
    """Whose data it opens: the caller's own. Only the default tenant's keys make keys of others."""


class KeyInfo(Answer):
    """A key without its secret, which is kept nowhere."""

    key_id: str
    name: str
    tenant: str
    scope: Literal["read", "write", "admin"]
    per_minute: int | None
    last_four: str
    """How the secret ends."""
    created_at: datetime
    revoked_at: datetime | None
    """Since when it is worth nothing."""


class Keys(Answer):
    """Keys, oldest first."""

    keys: list[KeyInfo]


class NewKey(Answer):
    """A new key, with its secrets this once."""

    key_id: str
    name: str
    tenant: str
    scope: Literal["read", "write", "admin"]
    per_minute: int | None
    last_four: str
    """How the secret ends."""
    created_at: datetime
    revoked_at: datetime | None
    """Since when it is worth nothing."""
    secret: str
    rpc_secret: str
    """AccessKeySecret of Alibaba Cloud clients; their AccessKeyId is `key_id`."""
    vod_callback_key: str
    """Key of the callbacks that Alibaba Cloud VOD sends to `/v1/imports/alibaba-vod/callback/{key_id}`."""


def create_key(**body: Unpack[KeyFields]) -> Call[NewKey]:
    """Make a key; its secret is in this answer and nowhere else. The first key is made by `tagreel keys create`."""
    return Call("POST", "/v1/keys", NewKey, body=body, is_repeatable=False)


def read_keys(*, tenant: str | None = None) -> Call[Keys]:
    """Every key, revoked ones too, without their secrets.

    Args:
        tenant: Only this tenant's; all that the caller may see by default.
    """
    return Call("GET", "/v1/keys", Keys, query={"tenant": tenant})


def remove_key(key_id: str) -> Call[KeyInfo]:
    """Revoke a key and every viewer's token that it signed: here at once, in other processes within half a second."""
    return Call("DELETE", f"/v1/keys/{in_path(key_id)}", KeyInfo)
