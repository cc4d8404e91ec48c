"""Tags and their names."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, func, or_, select

from service.storage.rows import Row, chunks, put
from service.storage.tables import TAG_NAMES, TAGS


def put_tag(connection: Connection, tag: Row, names: Sequence[Row]) -> None:
    """Insert or replace a tag and all of its names.

    Args:
        connection: in a write transaction.
        tag: tag_id, dimension, parent_id.
        names: language, name, is_alias; none twice.
    """
    put(connection, TAGS, [tag])
    connection.execute(delete(TAG_NAMES).where(TAG_NAMES.c.tag_id == tag["tag_id"]))
    put(connection, TAG_NAMES, [{"tag_id": tag["tag_id"], **one} for one in names])


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


def ancestors(connection: Connection, tag_id: str, at_most: int = 32) -> list[str]:
    """The tag's parent, that one's parent, and so on; ends at a tag seen before."""
    line: list[str] = []
    parent: str | None = tag_id
    while parent is not None and parent not in line and len(line) <= at_most:
        line.append(parent)
        parent = connection.scalar(select(TAGS.c.parent_id).where(TAGS.c.tag_id == parent))
    return line[1:]


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
