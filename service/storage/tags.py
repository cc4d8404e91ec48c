"""Tags and their names."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, func, or_, select, update

from recsys.tags.edits import TagEdit
from service.storage.rows import Row, chunks, insert_for, later, put
from service.storage.tables import TAG_NAMES, TAGS


def put_tag(connection: Connection, tag: Row, names: Sequence[Row], now: int) -> None:
    """Insert or replace a tag and all of its names. It is active from now on, whatever it was.

    Args:
        connection: in a write transaction.
        tag: tag_id, dimension, parent_id.
        names: language, name, is_alias; none twice.
        now: ms.
    """
    row = {**tag, "status": "active", "merged_into": None, "changed_at": now}
    put(connection, TAGS, [row], changed_at=later(TAGS, insert_for(connection, TAGS).excluded.changed_at))
    connection.execute(delete(TAG_NAMES).where(TAG_NAMES.c.tag_id == tag["tag_id"]))
    put(connection, TAG_NAMES, [{"tag_id": tag["tag_id"], **one} for one in names])


def ban_tag(connection: Connection, tag_id: str, now: int) -> bool:
    """Let a tag count for nothing; its taggings stay. False where there is no such tag."""
    return _set(connection, tag_id, now, status="banned", merged_into=None)


def merge_tag(connection: Connection, tag_id: str, into: str, now: int) -> bool:
    """Let a tag stand for another; its taggings and names stay its own. False where there is no such tag."""
    return _set(connection, tag_id, now, status="merged", merged_into=into)


def _set(connection: Connection, tag_id: str, now: int, **values: object) -> bool:
    changed = update(TAGS).where(TAGS.c.tag_id == tag_id).values(changed_at=later(TAGS, now), **values)
    return connection.execute(changed).rowcount > 0


def tag_edits(connection: Connection) -> list[TagEdit]:
    """Every tag that was edited, as it is now."""
    asked = select(TAGS.c.tag_id, TAGS.c.parent_id, TAGS.c.status, TAGS.c.merged_into).where(TAGS.c.changed_at > 0)
    return [TagEdit(*row) for row in connection.execute(asked.order_by(TAGS.c.tag_id))]


def edits_so_far(connection: Connection) -> tuple[int, int]:
    """What differs after every edit of a tag: cheap, for looking often."""
    count, total = connection.execute(
        select(func.count(), func.coalesce(func.sum(TAGS.c.changed_at), 0)).where(TAGS.c.changed_at > 0)
    ).one()
    return int(count), int(total)


def find_tags(connection: Connection, words: str, limit: int) -> Sequence[RowMapping]:
    """Tags whose id or one of whose names contains these words, in any case, by id; all for empty words."""
    by_name = select(TAG_NAMES.c.tag_id).where(func.lower(TAG_NAMES.c.name).contains(words.lower(), autoescape=True))
    by_id = func.lower(TAGS.c.tag_id).contains(words.lower(), autoescape=True)
    found = select(TAGS).order_by(TAGS.c.tag_id).limit(limit)
    matching = found.where(or_(by_id, TAGS.c.tag_id.in_(by_name))) if words else found
    return connection.execute(matching).mappings().all()


def get_tag(connection: Connection, tag_id: str) -> RowMapping | None:
    """One tag's row."""
    return connection.execute(select(TAGS).where(TAGS.c.tag_id == tag_id)).mappings().one_or_none()


def dimensions_of(connection: Connection, tag_ids: Sequence[str]) -> dict[str, str]:
    """The dimension of each tag that the store knows."""
    found: dict[str, str] = {}
    for some in chunks(tag_ids):
        rows = connection.execute(select(TAGS.c.tag_id, TAGS.c.dimension).where(TAGS.c.tag_id.in_(some)))
        found.update((tag_id, dimension) for tag_id, dimension in rows)
    return found


def tags_of_dimensions(connection: Connection, dimensions: Sequence[str]) -> list[str]:
    """Every tag of some dimensions."""
    return list(connection.scalars(select(TAGS.c.tag_id).where(TAGS.c.dimension.in_(dimensions))))


def ancestors(connection: Connection, tag_id: str, at_most: int = 32) -> list[str]:
    """The tag's parent, that one's parent, and so on; ends at a tag seen before."""
    line: list[str] = []
    parent: str | None = tag_id
    while parent is not None and parent not in line and len(line) <= at_most:
        line.append(parent)
        parent = connection.scalar(select(TAGS.c.parent_id).where(TAGS.c.tag_id == parent))
    return line[1:]


def stands_for(connection: Connection, tag_id: str, at_most: int = 32) -> list[str]:
    """The tag, what it was merged into, what that was merged into, and so on."""
    line: list[str] = []
    one: str | None = tag_id
    while one is not None and one not in line and len(line) <= at_most:
        line.append(one)
        merged = (TAGS.c.tag_id == one) & (TAGS.c.status == "merged")
        one = connection.scalar(select(TAGS.c.merged_into).where(merged))
    return line


def all_names(connection: Connection, tag_ids: Sequence[str]) -> dict[str, list[RowMapping]]:
    """Every name of some tags, aliases last."""
    found: dict[str, list[RowMapping]] = defaultdict(list)
    for some in chunks(tag_ids):
        of_tags = select(TAG_NAMES).where(TAG_NAMES.c.tag_id.in_(some))
        ordered = of_tags.order_by(TAG_NAMES.c.is_alias, TAG_NAMES.c.language, TAG_NAMES.c.name)
        for row in connection.execute(ordered).mappings():
            found[row["tag_id"]].append(row)
    return found


def display_names(connection: Connection, tag_ids: Sequence[str], language: str) -> dict[str, str]:
    """One name for each tag that has any: in the language wanted if there is one, no alias if possible."""
    names = all_names(connection, tag_ids)
    return {
        tag_id: min(rows, key=lambda row: (row["language"] != language, row["is_alias"]))["name"]
        for tag_id, rows in names.items()
    }
