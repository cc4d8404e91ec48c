"""Viewers, and how one is forgotten."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, RowMapping, bindparam, delete, select

from service.storage.prepared import Prepared
from service.storage.rows import put
from service.storage.tables import FORGOTTEN, METADATA, VIEWERS

_REMEMBERED_MS = 3_600_000
"""How long it is kept that a viewer was forgotten: longer than any impression waits to be written."""


def put_viewer(connection: Connection, viewer_id: str, attributes: str | None) -> None:
    """Insert or replace a viewer; `attributes` is JSON."""
    put(connection, VIEWERS, [{"viewer_id": viewer_id, "attributes": attributes}])


def get_viewer(connection: Connection, viewer_id: str) -> RowMapping | None:
    """A viewer's row, None where none was put; events and tags may be there all the same."""
    return connection.execute(select(VIEWERS).where(VIEWERS.c.viewer_id == viewer_id)).mappings().one_or_none()


def forget(connection: Connection, viewer_id: str, now: int) -> int:
    """Delete everything that the store holds of a viewer, in every table that names viewers.

    Args:
        connection: in a write transaction.
        viewer_id: whom.
        now: ms; what was shown before it will not be written any more.

    Returns:
        How many rows were deleted.
    """
    about = [table for table in METADATA.sorted_tables if "viewer_id" in table.c]
    n_rows = sum(connection.execute(delete(one).where(one.c.viewer_id == viewer_id)).rowcount for one in about)
    connection.execute(delete(FORGOTTEN).where(FORGOTTEN.c.forgotten_at < now - _REMEMBERED_MS))
    put(connection, FORGOTTEN, [{"viewer_hash": _hash(viewer_id), "forgotten_at": now}])
    return n_rows


def forgotten_since(connection: Connection, since: int, viewer_ids: Iterable[str]) -> dict[str, int]:
    """When each of these viewers was forgotten, ms; only those who were, and not before `since`, ms.

    Hardly ever was anybody: then no id is looked at.
    """
    found: dict[str, int] = dict(_FORGOTTEN.rows(connection, since=since))
    return {one: found[key] for one in viewer_ids if (key := _hash(one)) in found} if found else {}


_FORGOTTEN = Prepared(
    select(FORGOTTEN.c.viewer_hash, FORGOTTEN.c.forgotten_at).where(FORGOTTEN.c.forgotten_at >= bindparam("since"))
)


def _hash(viewer_id: str) -> str:
    return hashlib.sha256(viewer_id.encode()).hexdigest()
