"""Which tags videos have, and had. A tagging is withdrawn, never deleted, so training sees what was known when."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, RowMapping, select

from recsys.schema import DIMENSIONS
from recsys.tags.standing import merged
from service.storage.rows import Row, add_missing, chunks, put
from service.storage.tables import TAGGINGS, TAGS


def standing_tags(connection: Connection, video_id: str) -> Sequence[RowMapping]:
    """A video's taggings that were not withdrawn, by tag and source."""
    standing = select(TAGGINGS).where(TAGGINGS.c.video_id == video_id, TAGGINGS.c.withdrawn_at.is_(None))
    return connection.execute(standing.order_by(TAGGINGS.c.tag_id, TAGGINGS.c.source)).mappings().all()


def taggings_of(connection: Connection, video_ids: Sequence[str]) -> dict[str, list[RowMapping]]:
    """All taggings of some videos, withdrawn ones too."""
    found: dict[str, list[RowMapping]] = defaultdict(list)
    for some in chunks(video_ids):
        ordered = select(TAGGINGS).where(TAGGINGS.c.video_id.in_(some)).order_by(TAGGINGS.c.tag_id, TAGGINGS.c.source)
        for row in connection.execute(ordered).mappings():
            found[row["video_id"]].append(row)
    return found


def replace_taggings(
    connection: Connection, wanted: Mapping[str, Sequence[Row]], now: int, source: str | None = None
) -> None:
    """Give videos these tags and withdraw their others.

    Args:
        connection: in a write transaction.
        wanted: per video, rows with tag_id, source and confidence.
        now: ms, when new tags become known and others are withdrawn.
        source: only taggings of this source are withdrawn; of every source by default.
    """
    before = taggings_of(connection, list(wanted))
    rows = [
        row
        for video_id, tags in wanted.items()
        for row in merged(video_id, before.get(video_id, []), tags, now, source)
    ]
    put(connection, TAGGINGS, rows)
    _add_tags(connection, {row["tag_id"] for row in rows})


def _add_tags(connection: Connection, tag_ids: set[str]) -> None:
    """A tag that is used exists; its dimension is what stands before its colon, if that is one."""
    dimensions = {tag_id: tag_id.split(":")[0] for tag_id in sorted(tag_ids)}
    rows = [{"tag_id": tag, "dimension": one if one in DIMENSIONS else "custom"} for tag, one in dimensions.items()]
    add_missing(connection, TAGS, rows)
