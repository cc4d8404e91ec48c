"""A taxonomy as editors keep it: every tag with its names, versions, and a history that no merge erases."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import pairwise

from recsys.errors import require
from recsys.tags.node import Name, Node
from recsys.tags.taxonomy import Taxonomy

_DONE = {"active": "put", "merged": "merge", "banned": "ban"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that an editor did."""

    at: str
    """When: ISO 8601, UTC."""
    what: str
    """put, merge or ban."""
    tag_id: str
    into: str | None = None
    moved: tuple[str, ...] = ()
    """The children that a merge gave to another parent."""
    before: str
    after: str
    """The versions on both sides."""


@dataclass(frozen=True, eq=False)
class TagCatalogue:
    """Immutable; every edit makes another. Merged and banned tags stay in it, with their names."""

    nodes: tuple[Node, ...]
    changes: tuple[Change, ...] = ()

    @classmethod
    def of(cls, nodes: Iterable[Node], changes: Iterable[Change] = ()) -> "TagCatalogue":
        """Check that the nodes make a taxonomy.

        Raises:
            DataError: an id is there twice; a parent or a target of a merge is not there; parents or merges form a
                circle.
        """
        ordered = (replace(one, names=tuple(sorted(one.names, key=_name_order))) for one in nodes)
        made = cls(tuple(sorted(ordered, key=lambda one: one.tag_id)), tuple(changes))
        require(len(made.by_id) == len(made.nodes), f"tag {made._twice()!r} is there twice")
        for one in made.nodes:
            for what in ("parent_id", "merged_into"):
                other = getattr(one, what)
                require(
                    other is None or other in made.by_id,
                    f"{what} of tag {one.tag_id!r} is {other!r}, which is not there",
                )
        made.taxonomy  # noqa: B018 - circles are found where the arrays are made
        return made

    @cached_property
    def by_id(self) -> dict[str, Node]:
        """Every node by its id."""
        return {one.tag_id: one for one in self.nodes}

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The same as arrays."""
        return Taxonomy.from_rows(
            [one.tag_id for one in self.nodes],
            [one.parent_id or "" for one in self.nodes],
            [one.status for one in self.nodes],
            [one.merged_into or "" for one in self.nodes],
        )

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that follow from the nodes alone."""
        text = json.dumps([asdict(one) for one in self.nodes], sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def put(self, node: Node, at: str) -> "TagCatalogue":
        """With a node added or replaced.

        Raises:
            DataError: see `of`; or it would undo a merge or a ban.
        """
        old = self.by_id.get(node.tag_id)
        require(
            old is None or old.status == "active" or old.status == node.status,
            f"tag {node.tag_id!r} is {old.status if old else ''}; putting it anew would undo that",
        )
        return self._changed({node.tag_id: node}, at, "put", node.tag_id)

    def merge(self, tag_id: str, into: str, at: str) -> "TagCatalogue":
        """One tag becomes another name of a second: taggings and names of the first count for the second.

        The first stays, marked; its children move to the second; both are in `changes`.

        Raises:
            DataError: either is not there or not active, both are the same, or the second lies below the first.
        """
        first, second = self._active(tag_id), self._active(into)
        require(first is not second, f"tag {tag_id!r} cannot be merged into itself")
        children = [one for one in self.nodes if one.parent_id == tag_id]
        new = {one.tag_id: replace(one, parent_id=into) for one in children if one.tag_id != into}
        if second.parent_id == tag_id:
            new[into] = replace(second, parent_id=first.parent_id)
        new[tag_id] = replace(first, status="merged", merged_into=into)
        moved = tuple(sorted(new.keys() - {tag_id}))
        return self._changed(new, at, "merge", tag_id, into, moved)

    def ban(self, tag_id: str, at: str) -> "TagCatalogue":
        """A tag counts for nothing any more, but stays, so that nobody makes it again by its name."""
        return self._changed({tag_id: replace(self._active(tag_id), status="banned")}, at, "ban", tag_id)

    def joined(self, other: "TagCatalogue") -> tuple["TagCatalogue", tuple[str, ...]]:
        """With the tags of another, which win: but no merge and no ban of ours is undone.

        Returns:
            The catalogue, without a history of the joining, and the ids of tags that the other has as active and that
            stay merged or banned.
        """
        kept = [
            one.tag_id
            for one in other.nodes
            if one.status == "active" and self._status(one.tag_id) not in ("active", None)
        ]
        theirs = {one.tag_id: self._with_ours(one) for one in other.nodes}
        return TagCatalogue.of((self.by_id | theirs).values(), self.changes), tuple(kept)

    def with_iab_of(self, other: "TagCatalogue") -> "TagCatalogue":
        """With the other's IAB ids on tags of the same id that have none: a store does not keep them."""
        known = {one.tag_id: one.iab for one in other.nodes}
        nodes = (replace(one, iab=one.iab or known.get(one.tag_id)) for one in self.nodes)
        return TagCatalogue(tuple(nodes), self.changes)

    def followed_by(self, later: "TagCatalogue", at: str) -> "TagCatalogue":
        """The later catalogue, and behind our history what differs between both; it is of one moment."""
        done = []
        for one in later.nodes:
            if self.by_id.get(one.tag_id) != one:
                what = "put" if self._status(one.tag_id) == one.status else _DONE[one.status]
                done.append(Change(at=at, what=what, tag_id=one.tag_id, into=one.merged_into, before=self.version,
                                   after=later.version))  # fmt: skip
        return TagCatalogue(later.nodes, (*self.changes, *done))

    def _status(self, tag_id: str) -> str | None:
        found = self.by_id.get(tag_id)
        return found.status if found else None

    def _with_ours(self, one: Node) -> Node:
        """Another's node, with our merge or ban, and with our names besides its own."""
        old = self.by_id.get(one.tag_id)
        if old is None:
            return one
        theirs = {(name.language, name.text) for name in one.names}
        names = (*one.names, *(name for name in old.names if (name.language, name.text) not in theirs))
        if one.status == "active" and old.status != "active":
            return replace(one, names=names, status=old.status, merged_into=old.merged_into)
        return replace(one, names=names)

    def _active(self, tag_id: str) -> Node:
        found = self.by_id.get(tag_id)
        require(found is not None, f"there is no tag {tag_id!r}")
        node = self.by_id[tag_id]
        require(node.status == "active", f"tag {tag_id!r} is {node.status}; only active tags are merged or banned")
        return node

    def _changed(
        self,
        new: dict[str, Node],
        at: str,
        what: str,
        tag_id: str,
        into: str | None = None,
        moved: tuple[str, ...] = (),
    ) -> "TagCatalogue":
        made = TagCatalogue.of((self.by_id | new).values(), self.changes)
        done = Change(at=at, what=what, tag_id=tag_id, into=into, moved=moved, before=self.version, after=made.version)
        return TagCatalogue(made.nodes, (*self.changes, done))

    def _twice(self) -> str:
        ids = [one.tag_id for one in self.nodes]
        return next((first for first, second in pairwise(ids) if first == second), "")


def _name_order(name: Name) -> tuple[str, bool, str]:
    return name.language, name.is_alias, name.text
