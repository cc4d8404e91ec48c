"""How a viewer stands in the store, found in one read without a look at each of their events."""

from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, Float, String, bindparam, cast, func, null, select, union_all

from service.storage.prepared import Prepared
from service.storage.tables import EVENTS, VIEWER_TAGS

Said = tuple[str, str, float]
"""A tag, what its viewer states of it, and how strongly."""


class Past(NamedTuple):
    """Of a viewer's events: how many, the sum of their times, the greatest id. Events are only ever added."""

    n: int
    total: int | None
    greatest: str | None


class Standing(NamedTuple):
    """What differs as soon as what is known of a viewer does."""

    past: Past
    said: tuple[Said, ...]
    """In no order."""


def standing(connection: Connection, viewer_id: str) -> Standing:
    """How a viewer stands: one statement, so that it is consistent outside of a transaction, too."""
    rows = _STANDING.rows(connection, viewer=viewer_id)
    if len(rows) == 1:  # nothing is stated
        return Standing(Past._make(rows[0][3:]), ())
    [past] = (Past._make(row[3:]) for row in rows if row[0] is None)
    return Standing(past, tuple((row[0], row[1], row[2]) for row in rows if row[0] is not None))


_STANDING = Prepared(
    union_all(
        select(
            cast(null(), String),
            cast(null(), String),
            cast(null(), Float),
            func.count(),
            func.sum(EVENTS.c.occurred_at),
            func.max(EVENTS.c.event_id),
        ).where(EVENTS.c.viewer_id == bindparam("viewer")),
        select(
            VIEWER_TAGS.c.tag_id,
            VIEWER_TAGS.c.state,
            VIEWER_TAGS.c.weight,
            cast(null(), BigInteger),
            cast(null(), BigInteger),
            cast(null(), String),
        ).where(VIEWER_TAGS.c.viewer_id == bindparam("viewer")),
    )
)
