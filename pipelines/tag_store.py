"""Tags and taggings in the store: read as a taxonomy, and written as editors and vendors say them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, RowMapping, case, column, delete, false, inspect, select, update
from sqlalchemy import table as light_table
from sqlalchemy.sql.expression import TableClause

from pipelines.store import CHANGED_AT, DELETED, ORIGIN, bare, insert_into, store_table
from recsys.schema import TABLES, TAG_NAMES, TAG_OCCURRENCES, TAGGINGS, TAGS, Table
from recsys.tags.catalogue import TagCatalogue
from recsys.tags.importers.taggings import Tagged
from recsys.tags.node import Name, Node
from recsys.tags.standing import merged

API = "api"
"""The origin of a video that is no longer as it was loaded."""
MOST_VALUES = 1000
"""How many values one IN takes."""


@contextmanager
def writing(engine: Engine) -> Iterator["TagStore"]:
    """One transaction that waits for other writers before it reads anything, and then keeps them waiting.

    A transaction of SQLite that has read cannot write once another has written.
    """
    with engine.begin() as connection:
        connection.execute(delete(light_table(TAG_OCCURRENCES.name)).where(false()))
        yield TagStore(connection)


class TagStore:
    """The tables of tags over one connection; who opened its transaction ends it."""

    def __init__(self, connection: Connection) -> None:
        """See the class.

        Args:
            connection: in a transaction; that of `writing`, where anything is written.
        """
        self.connection = connection
        self.tags, self.names, self.taggings, self.occurrences = (
            _table(connection, one) for one in (TAGS, TAG_NAMES, TAGGINGS, TAG_OCCURRENCES)
        )
        self._tables = ((self.tags, TAGS), (self.names, TAG_NAMES))
        self.videos = store_table(connection.engine, TABLES["videos"])

    def nodes(self, tag_ids: Sequence[str] | None = None) -> list[Node]:
        """Tags with their names, all of them by default.

        Names that a taxonomy cannot have, of stores filled elsewhere, are left out.
        """
        parts = [None] if tag_ids is None else list(_parts(tag_ids))
        return [one for some in parts for one in self._nodes(some)]

    def _nodes(self, tag_ids: Sequence[str] | None) -> list[Node]:
        names: dict[str, list[Name]] = defaultdict(list)
        asked = [select(*(given.c[name] for name in table.names)) for given, table in self._tables]
        if tag_ids is not None:
            asked = [
                one.where(given.c.tag_id.in_(tag_ids)) for one, (given, _) in zip(asked, self._tables, strict=True)
            ]
        for tag_id, language, name, is_alias in self.connection.execute(asked[1]):
            names[tag_id].append(Name(language or "en", name, bool(is_alias)))
        return [_node(row, names[row["tag_id"]]) for row in self.connection.execute(asked[0]).mappings()]

    def catalogue(self) -> TagCatalogue:
        """The taxonomy as it stands: a parent that is not there is none, a tag merged into none is banned."""
        nodes = {one.tag_id: one for one in self.nodes()}
        return TagCatalogue.of(_linked(one, nodes) for one in nodes.values())

    def put(self, nodes: Iterable[Node], now: int) -> int:
        """Insert or replace tags and their names; names that the store has besides stay.

        Args:
            nodes: each once. Their status is written too.
            now: ms.

        Returns:
            How many tags differ from what was there.
        """
        given = list(nodes)
        before = {one.tag_id: one for one in self.nodes([one.tag_id for one in given])}
        changed = [one for one in given if not _says_all(before.get(one.tag_id), one)]
        rows = [{name: getattr(one, name) for name in TAGS.names} for one in changed]
        marks = {CHANGED_AT: now} if CHANGED_AT in self.tags.c else {}
        self._upsert(self.tags, TAGS, [row | marks for row in rows])
        said = [
            {"tag_id": one.tag_id, "language": name.language, "name": name.text, "is_alias": name.is_alias}
            for one in changed
            for name in one.names
        ]
        self._upsert(self.names, TAG_NAMES, said)
        return len(changed)

    def unknown_videos(self, video_ids: Iterable[str]) -> list[str]:
        """Those that the store does not have, or that were deleted."""
        asked = sorted(set(video_ids))
        there: set[str] = set()
        for some in _parts(asked):
            found = select(self.videos.c.video_id).where(self.videos.c.video_id.in_(some))
            kept = found.where(self.videos.c[DELETED].is_(False)) if DELETED in self.videos.c else found
            there.update(self.connection.execute(kept).scalars())
        return [one for one in asked if one not in there]

    def tag(self, said: Tagged, now: int) -> tuple[int, int]:
        """Let exactly these taggings of a source stand on a video, and its occurrences with them.

        Args:
            said: its new tags are put too.
            now: ms.

        Returns:
            How many taggings stand, and how many were withdrawn.
        """
        self.put(said.new_nodes, now)
        mine = self.taggings.c.video_id == said.video_id, self.taggings.c.source == said.source
        before = self.connection.execute(select(*self.taggings.c).where(*mine)).mappings().all()
        rows = merged(said.video_id, before, said.taggings, now, said.source)
        self._upsert(self.taggings, TAGGINGS, rows)
        old = self.occurrences.c.video_id == said.video_id, self.occurrences.c.source == said.source
        self.connection.execute(delete(self.occurrences).where(*old))
        self._upsert(self.occurrences, TAG_OCCURRENCES, said.occurrences)
        self._mark(said.video_id, now)
        return len(said.taggings), len(rows) - len(said.taggings)

    def _mark(self, video_id: str, now: int) -> None:
        """Let a running service see that the video changed; every change has its own time."""
        if CHANGED_AT in self.videos.c:
            at = self.videos.c[CHANGED_AT]
            later = case((at >= now, at + 1), else_=now)
            values: dict[str, Any] = {CHANGED_AT: later, **({ORIGIN: API} if ORIGIN in self.videos.c else {})}
            self.connection.execute(update(self.videos).where(self.videos.c.video_id == video_id).values(values))

    def _upsert(self, given: TableClause, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        insert = insert_into(given, self.connection.dialect.name)
        update_ = {name: insert.excluded[name] for name in rows[0] if name not in table.key}
        statement = insert.on_conflict_do_update(index_elements=list(table.key), set_=update_)
        in_order = sorted(rows, key=lambda row: [str(row[name]) for name in table.key])  # others wait, none for ever
        self.connection.execute(statement, [dict(row) for row in in_order])


def _table(connection: Connection, table: Table) -> TableClause:
    """The shared columns, and when a row changed where the service keeps that."""
    there = {one["name"] for one in inspect(connection).get_columns(table.name)}
    own = [column(CHANGED_AT, BigInteger())] if CHANGED_AT in there else []
    return bare(table, *own)


def _node(row: RowMapping, names: Sequence[Name]) -> Node:
    kept = tuple(one for one in names if one.fault is None)
    status = row["status"] or "active"
    into = row["merged_into"] if status == "merged" else None
    return Node(
        tag_id=row["tag_id"], dimension=row["dimension"] or "custom", parent_id=row["parent_id"] or None,
        status=status if status != "merged" or into else "active", merged_into=into, names=kept,
    )  # fmt: skip


def _linked(one: Node, nodes: Mapping[str, Node]) -> Node:
    parent_id = one.parent_id if one.parent_id in nodes else None
    if one.merged_into is None or one.merged_into in nodes:
        return replace(one, parent_id=parent_id)
    return replace(one, parent_id=parent_id, status="banned", merged_into=None)


def _says_all(there: Node | None, wanted: Node) -> bool:
    """Whether what is there says all that is wanted."""
    if there is None:
        return False
    ours, theirs = asdict(there), asdict(wanted)
    return all(ours[name] == theirs[name] for name in TAGS.names) and set(wanted.names) <= set(there.names)


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), MOST_VALUES):
        yield values[start : start + MOST_VALUES]
