"""What viewers did: appended, never edited."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from service.storage.prepared import Prepared, PreparedInsert
from service.storage.rows import Row, chunks
from service.storage.tables import EVENTS, VIDEOS

TASTELESS = "impression"
"""The event type that tells nothing of a viewer's taste: it takes no room in the history that ranking reads."""

TAKEN = ("play", "progress", "finish", "like", "share", "save")
"""The event types that say that a viewer took a video up."""


class PastEvent(NamedTuple):
    """One event of a viewer, with what is needed to weigh it."""

    video_id: str
    event_type: str
    watched_s: float | None
    duration_s: float | None
    occurred_at: int  # ms


@dataclass(frozen=True)
class Activity:
    """How much the store holds of a viewer's events."""

    n_events: int
    first_at: int | None  # ms
    last_at: int | None


def append(connection: Connection, rows: Sequence[Row]) -> set[str]:
    """Append events; one whose id is there already changes nothing.

    Args:
        connection: in a write transaction.
        rows: every column of `schema.EVENTS`, times in ms, no id twice.

    Returns:
        The ids that were there already.
    """
    [repeated] = append_each(connection, [rows])
    return repeated


def append_each(connection: Connection, several: Sequence[Sequence[Row]]) -> list[set[str]]:
    """As `append` one after the other, but all together."""
    known = _known(connection, [row["event_id"] for rows in several for row in rows])
    new, repeated = dict[str, Row](), list[set[str]]()
    for rows in several:
        repeated.append({row["event_id"] for row in rows if row["event_id"] in known or row["event_id"] in new})
        new.update((row["event_id"], row) for row in rows if row["event_id"] not in repeated[-1])
    _EVENTS.add(connection, list(new.values()))
    return repeated


def history(connection: Connection, viewer_id: str, limit: int, until: int | None = None) -> list[PastEvent]:
    """A viewer's last events, newest first, impressions left out.

    Args:
        connection: any.
        viewer_id: whose.
        limit: how many at most.
        until: ms; only what had been received by then. All by default.
    """
    if until is None:
        rows = _HISTORY.rows(connection, viewer=viewer_id, tasteless=TASTELESS, most=limit)
    else:
        rows = _HISTORY_UNTIL.rows(connection, viewer=viewer_id, tasteless=TASTELESS, until=until, most=limit)
    return [PastEvent._make(row) for row in rows]


_EVENTS = PreparedInsert(EVENTS)


def _newest(*conditions: ColumnElement[bool]) -> Prepared:
    of_viewer = select(
        EVENTS.c.video_id, EVENTS.c.event_type, EVENTS.c.watched_s, VIDEOS.c.duration_s, EVENTS.c.occurred_at
    ).where(EVENTS.c.viewer_id == bindparam("viewer"), EVENTS.c.event_type != bindparam("tasteless"), *conditions)
    newest = of_viewer.order_by(EVENTS.c.occurred_at.desc(), EVENTS.c.event_id.desc()).limit(bindparam("most"))
    return Prepared(newest.outerjoin_from(EVENTS, VIDEOS, EVENTS.c.video_id == VIDEOS.c.video_id))


_HISTORY = _newest()
_HISTORY_UNTIL = _newest(func.coalesce(EVENTS.c.received_at, EVENTS.c.occurred_at) <= bindparam("until"))


def activity(connection: Connection, viewer_id: str) -> Activity:
    """How many events a viewer has, and when the first and last occurred."""
    counted = select(func.count(), func.min(EVENTS.c.occurred_at), func.max(EVENTS.c.occurred_at))
    return Activity(*connection.execute(counted.where(EVENTS.c.viewer_id == viewer_id)).one())


def active_viewers(connection: Connection, limit: int) -> list[str]:
    """The viewers of the latest events, latest first."""
    latest = func.max(EVENTS.c.occurred_at).desc()
    asked = select(EVENTS.c.viewer_id).group_by(EVENTS.c.viewer_id).order_by(latest, EVENTS.c.viewer_id).limit(limit)
    return list(connection.scalars(asked))


def taken_between(connection: Connection, since: int, until: int) -> Iterator[str]:
    """The video of every event from a time on and before another, ms, with which a viewer took it up."""
    within = (EVENTS.c.occurred_at >= since) & (EVENTS.c.occurred_at < until) & EVENTS.c.event_type.in_(TAKEN)
    yield from connection.scalars(select(EVENTS.c.video_id).where(within))


def viewers_by_video(connection: Connection, since: int, until: int) -> dict[str, int]:
    """How many viewers watched each video from a time on and before another, ms."""
    counted = select(EVENTS.c.video_id, func.count(EVENTS.c.viewer_id.distinct()))
    within = (EVENTS.c.occurred_at >= since) & (EVENTS.c.occurred_at < until) & EVENTS.c.event_type.in_(TAKEN)
    rows = connection.execute(counted.where(within).group_by(EVENTS.c.video_id))
    return {row[0]: row[1] for row in rows}


def _known(connection: Connection, event_ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(event_ids):
        found.update(connection.scalars(select(EVENTS.c.event_id).where(EVENTS.c.event_id.in_(some))))
    return found
