"""Lists of everything, page by page: each page begins behind the last key of the one before it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, func, or_, select

from service.storage.tables import EVENTS, TAGGINGS, VIDEOS, VIEWERS

_LISTED = VIDEOS.c.deleted.is_(False)


def videos_page(connection: Connection, after: str, n: int) -> Sequence[RowMapping]:
    """The n videos behind an id, by id; deleted ones are left out."""
    return _page(connection, select(VIDEOS).where(_LISTED), VIDEOS.c.video_id, after, n)


def video_ids_page(connection: Connection, after: str, n: int) -> list[str]:
    """The ids alone of the n videos behind one."""
    rows = _page(connection, select(VIDEOS.c.video_id).where(_LISTED), VIDEOS.c.video_id, after, n)
    return [row["video_id"] for row in rows]


def viewers_page(connection: Connection, after: str, n: int) -> Sequence[RowMapping]:
    """The n viewers behind an id, by id; those who were put."""
    return _page(connection, select(VIEWERS), VIEWERS.c.viewer_id, after, n)


def events_page(connection: Connection, after: str, n: int) -> Sequence[RowMapping]:
    """The n events behind an id, by id."""
    return _page(connection, select(EVENTS), EVENTS.c.event_id, after, n)


def find_videos(connection: Connection, words: str, n: int) -> Sequence[RowMapping]:
    """The first n videos, by id, whose id, title or description holds these words, whatever their case."""
    looked_in = (VIDEOS.c.video_id, VIDEOS.c.title, VIDEOS.c.description)
    holds = or_(*(func.lower(one).contains(words.lower(), autoescape=True) for one in looked_in))
    return _page(connection, select(VIDEOS).where(_LISTED, holds), VIDEOS.c.video_id, "", n)


def events_of(connection: Connection, viewer_id: str, n: int) -> Sequence[RowMapping]:
    """A viewer's last n events, the newest first, impressions too."""
    newest = select(EVENTS).where(EVENTS.c.viewer_id == viewer_id).order_by(EVENTS.c.occurred_at.desc())
    return connection.execute(newest.order_by(EVENTS.c.event_id).limit(n)).mappings().all()


def delete_events(connection: Connection, *of: ColumnElement[bool]) -> int:
    """Delete the events for which all of this holds, and return how many they were."""
    return connection.execute(delete(EVENTS).where(*of)).rowcount


def newest_videos(
    connection: Connection, now: int, n: int, tag_id: str | None = None, without: str | None = None
) -> list[tuple[str, int]]:
    """The videos published last, with the time in ms: those that may be shown.

    Args:
        connection: any.
        now: ms.
        n: how many at most.
        tag_id: only videos with this tag.
        without: a viewer; videos that they had are left out.
    """
    begun = or_(VIDEOS.c.available_from.is_(None), VIDEOS.c.available_from <= now)
    lasting = or_(VIDEOS.c.available_until.is_(None), VIDEOS.c.available_until > now)
    asked = select(VIDEOS.c.video_id, VIDEOS.c.published_at).where(
        _LISTED, begun, lasting, VIDEOS.c.published_at <= now
    )
    if tag_id is not None:
        tagged = select(TAGGINGS.c.video_id).where(TAGGINGS.c.tag_id == tag_id, TAGGINGS.c.withdrawn_at.is_(None))
        asked = asked.where(VIDEOS.c.video_id.in_(tagged))
    if without is not None:
        had = select(EVENTS.c.video_id).where(EVENTS.c.viewer_id == without)
        asked = asked.where(VIDEOS.c.video_id.not_in(had))
    ordered = asked.order_by(VIDEOS.c.published_at.desc(), VIDEOS.c.video_id).limit(n)
    return [(video_id, published_at) for video_id, published_at in connection.execute(ordered)]


def _page(
    connection: Connection, asked: Select[Any], key: ColumnElement[str], after: str, n: int
) -> Sequence[RowMapping]:
    return connection.execute(asked.where(key > after).order_by(key).limit(n)).mappings().all()
