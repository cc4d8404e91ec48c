"""What was shown."""

from collections.abc import Sequence

from sqlalchemy import Connection

from service.storage.prepared import PreparedInsert
from service.storage.rows import Row
from service.storage.tables import IMPRESSIONS
from service.storage.viewers import forgotten_at

_IMPRESSIONS = PreparedInsert(IMPRESSIONS)


def add_impressions(connection: Connection, rows: Sequence[Row]) -> None:
    """Write impressions, except those shown to viewers who have been forgotten since.

    Args:
        connection: in a write transaction.
        rows: every column of the table.
    """
    forgotten = forgotten_at(connection, {row["viewer_id"] for row in rows if row["viewer_id"] is not None})
    kept = [row for row in rows if row["shown_at"] > forgotten.get(row["viewer_id"], -1)]
    _IMPRESSIONS.add(connection, kept)
