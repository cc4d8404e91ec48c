"""API keys, in the default tenant's store. None is ever deleted: once there was one, the service stays closed."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from service.auth.keys import Key, Scope
from service.storage.prepared import Prepared
from service.storage.tables import API_KEYS

_ONE = Prepared(select(API_KEYS).where(API_KEYS.c.key_id == bindparam("key")))
_ANY = Prepared(select(API_KEYS.c.key_id).limit(1))
_NAMES = tuple(API_KEYS.columns.keys())


def add_key(connection: Connection, key: Key) -> None:
    """Write a new key."""
    connection.execute(insert(API_KEYS), [{**asdict(key), "scope": key.scope.label}])


def find_key(connection: Connection, key_id: str) -> Key | None:
    """The key of that id, revoked or not; None where there is none."""
    found = _ONE.rows(connection, key=key_id)
    return _key(found[0]) if found else None


def is_any_key(connection: Connection) -> bool:
    """Whether a key was ever made."""
    return bool(_ANY.rows(connection))


def list_keys(connection: Connection, tenant: str | None = None) -> list[Key]:
    """Every key, oldest first; of one tenant, or of all."""
    asked = select(API_KEYS).order_by(API_KEYS.c.created_at, API_KEYS.c.key_id)
    if tenant is not None:
        asked = asked.where(API_KEYS.c.tenant == tenant)
    return [_key(row) for row in connection.execute(asked)]


def tenants_of_keys(connection: Connection) -> list[str]:
    """Every tenant that has or had a key, by name."""
    return list(connection.scalars(select(API_KEYS.c.tenant).distinct().order_by(API_KEYS.c.tenant)))


def revoke_key(connection: Connection, key_id: str, now: int, tenant: str | None = None) -> Key | None:
    """Make a key worthless; one that is already stays as it is.

    Args:
        connection: in a write transaction.
        key_id: which.
        now: ms.
        tenant: only if it is this tenant's; any by default.

    Returns:
        The key as it is now; None where there is none.
    """
    found = find_key(connection, key_id)
    if found is None or tenant not in (None, found.tenant):
        return None
    if found.revoked_at is None:
        connection.execute(update(API_KEYS).where(API_KEYS.c.key_id == key_id).values(revoked_at=now))
        found = replace(found, revoked_at=now)
    return found


def _key(row: Sequence[Any]) -> Key:
    of = dict(zip(_NAMES, row, strict=True))
    return Key(**{**of, "scope": Scope[of["scope"].upper()]})
