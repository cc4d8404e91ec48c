"""Videos that changed in the store, as ranking takes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select, true

from recsys.ranking.catalogue import Tagging, VideoChange
from recsys.schema import NEVER
from service.storage.rows import chunks
from service.storage.tables import VIDEOS
from service.storage.taggings import taggings_of

Summary = tuple[int, int]
"""How many videos changed in some time, and the sum of when."""


@dataclass(frozen=True)
class Mark:
    """That a video changed, and when."""

    video_id: str
    changed_at: int  # ms
    origin: str | None
    deleted: bool

    def is_of(self, tables_hash: str | None) -> bool:
        """Whether a bundle trained on these tables holds the video as it is now."""
        return self.origin == tables_hash and tables_hash is not None and not self.deleted


def last_change(connection: Connection) -> int:
    """When the last video changed, ms; 0 in an empty store."""
    return connection.scalar(select(func.max(VIDEOS.c.changed_at))) or 0


def summary_since(connection: Connection, since: int) -> Summary:
    """What differs as soon as any video is written at or after a time: cheap, for looking often."""
    later = VIDEOS.c.changed_at - since
    summed = select(func.count(), func.coalesce(func.sum(later), 0)).where(VIDEOS.c.changed_at >= since)
    count, total = connection.execute(summed).one()
    return int(count), int(total)


def marks_since(connection: Connection, since: int) -> list[Mark]:
    """Videos written at or after a time, ms."""
    return _marks(connection, VIDEOS.c.changed_at >= since)


def marks_not_from(connection: Connection, origin: str | None) -> list[Mark]:
    """Videos of every other origin, and deleted ones of any."""
    return _marks(connection, or_(VIDEOS.c.origin.is_distinct_from(origin), VIDEOS.c.deleted) if origin else true())


def _marks(connection: Connection, which: ColumnElement[bool]) -> list[Mark]:
    found = select(VIDEOS.c.video_id, VIDEOS.c.changed_at, VIDEOS.c.origin, VIDEOS.c.deleted).where(which)
    return [Mark(*row) for row in connection.execute(found)]


def read_changes(connection: Connection, video_ids: Sequence[str]) -> list[VideoChange]:
    """Each of these videos as it is now."""
    taggings = taggings_of(connection, video_ids)
    changes: list[VideoChange] = []
    for some in chunks(video_ids):
        rows = connection.execute(select(VIDEOS).where(VIDEOS.c.video_id.in_(some))).mappings()
        changes.extend(_change(row, taggings.get(row["video_id"], [])) for row in rows)
    return changes


def _change(video: RowMapping, taggings: Sequence[RowMapping]) -> VideoChange:
    return VideoChange(
        video_id=video["video_id"],
        taggings=tuple(_tagging(one) for one in taggings),
        published_at=_or_never(video["published_at"]),
        available_from=_or_never(video["available_from"]),
        available_until=_or_never(video["available_until"]),
        deleted=bool(video["deleted"]),
        language=video["language"],
        duration_s=video["duration_s"],
        attributes=video["attributes"],
    )


def _tagging(row: RowMapping) -> Tagging:
    times = _or_never(row["known_at"]), _or_never(row["withdrawn_at"])
    return Tagging(row["tag_id"], row["source"], row["confidence"], *times)


def _or_never(time: int | None) -> int:
    return NEVER if time is None else time
