"""Videos in the store. A deleted one stays as a row that says so, so that every worker learns of it."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, select, update

from service.storage.rows import Row, chunks, insert_for, later, put
from service.storage.tables import VIDEOS
from service.storage.taggings import replace_taggings

API = "api"
"""The origin of videos that came in over HTTP."""


def put_videos(connection: Connection, rows: Sequence[Row], now: int) -> None:
    """Insert or replace videos.

    Args:
        connection: in a write transaction.
        rows: every column of `schema.VIDEOS`, times in ms.
        now: ms.
    """
    written = [{**row, "changed_at": now, "origin": API, "deleted": False} for row in rows]
    put(connection, VIDEOS, written, changed_at=later(VIDEOS, insert_for(connection, VIDEOS).excluded.changed_at))


def get_video(connection: Connection, video_id: str) -> RowMapping | None:
    """One video's row, None where there is none or it was deleted."""
    found = select(VIDEOS).where(VIDEOS.c.video_id == video_id, VIDEOS.c.deleted.is_(False))
    return connection.execute(found).mappings().one_or_none()


def videos_of(connection: Connection, video_ids: Sequence[str]) -> dict[str, RowMapping]:
    """The rows of some videos, by id; deleted ones left out."""
    found: dict[str, RowMapping] = {}
    for some in chunks(video_ids):
        asked = select(VIDEOS).where(VIDEOS.c.video_id.in_(some), VIDEOS.c.deleted.is_(False))
        found.update((row["video_id"], row) for row in connection.execute(asked).mappings())
    return found


def mark_changed(connection: Connection, video_id: str, now: int) -> bool:
    """Say that something of a video changed, its tags perhaps. False where there is no such video."""
    return _change(connection, video_id, now)


def delete_video(connection: Connection, video_id: str, now: int) -> bool:
    """Delete a video and withdraw its tags; it is shown again only when put anew. False where there is none."""
    replace_taggings(connection, {video_id: []}, now)
    return _change(connection, video_id, now, deleted=True)


def titles(connection: Connection, video_ids: Sequence[str]) -> dict[str, str | None]:
    """Titles of the videos that the store knows."""
    found: dict[str, str | None] = {}
    for some in chunks(video_ids):
        rows = connection.execute(select(VIDEOS.c.video_id, VIDEOS.c.title).where(VIDEOS.c.video_id.in_(some)))
        found.update((video_id, title) for video_id, title in rows)
    return found


def durations(connection: Connection, video_ids: Sequence[str]) -> dict[str, float | None]:
    """Lengths in seconds of the videos that the store knows."""
    found: dict[str, float | None] = {}
    for some in chunks(video_ids):
        rows = connection.execute(select(VIDEOS.c.video_id, VIDEOS.c.duration_s).where(VIDEOS.c.video_id.in_(some)))
        found.update((video_id, duration) for video_id, duration in rows)
    return found


def _change(connection: Connection, video_id: str, now: int, **values: object) -> bool:
    there = (VIDEOS.c.video_id == video_id) & VIDEOS.c.deleted.is_(False)
    changed = update(VIDEOS).where(there).values(changed_at=later(VIDEOS, now), origin=API, **values)
    return connection.execute(changed).rowcount > 0
