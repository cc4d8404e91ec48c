"""What was shown."""

from collections import Counter
from collections.abc import Iterator, Sequence

from pydantic_core import from_json
from sqlalchemy import Connection, bindparam, select

from service.storage.prepared import Prepared, PreparedInsert
from service.storage.rows import Row
from service.storage.tables import IMPRESSIONS
from service.storage.viewers import forgotten_since

_IMPRESSIONS = PreparedInsert(IMPRESSIONS)


def add_impressions(connection: Connection, rows: Sequence[Row]) -> None:
    """Write impressions, except those shown to viewers who have been forgotten since.

    Args:
        connection: in a write transaction.
        rows: every column of the table.
    """
    first = min((row["shown_at"] for row in rows), default=0)
    forgotten = forgotten_since(connection, first, (row["viewer_id"] for row in rows if row["viewer_id"] is not None))
    kept = [row for row in rows if row["shown_at"] > forgotten.get(row["viewer_id"], -1)]
    _IMPRESSIONS.add(connection, kept)


def videos_of(shown: str) -> list[str]:
    """The videos of one answer, as it is written, best first."""
    found: list[str] = from_json(shown)["video_id"]
    return found


def shown_since(connection: Connection, viewer_id: str, since: int, most: int = 100) -> dict[str, int]:
    """How often each video was shown to a viewer.

    Args:
        connection: any.
        viewer_id: whom.
        since: ms.
        most: how many of the last answers count.
    """
    rows = _SHOWN.rows(connection, viewer=viewer_id, since=since, most=most)
    return dict(Counter(video_id for (shown,) in rows for video_id in videos_of(shown)))


def shown_between(connection: Connection, since: int, until: int) -> Iterator[str]:
    """What was shown from a time on and before another, ms: as it is written, one an answer."""
    asked = select(IMPRESSIONS.c.shown).where(IMPRESSIONS.c.shown_at >= since, IMPRESSIONS.c.shown_at < until)
    yield from connection.scalars(asked)


_SHOWN = Prepared(
    select(IMPRESSIONS.c.shown)
    .where(IMPRESSIONS.c.viewer_id == bindparam("viewer"), IMPRESSIONS.c.shown_at >= bindparam("since"))
    .order_by(IMPRESSIONS.c.shown_at.desc())
    .limit(bindparam("most"))
)
