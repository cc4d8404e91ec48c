"""The taxonomy as arrays: which tags there are, their parents, and what merged or banned tags stand for now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recsys.errors import require
from recsys.ids import Ids
from recsys.schema import Rows

if TYPE_CHECKING:
    import pandas as pd

MAX_DEPTH = 32


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """Every tag and its place in the tree."""

    ids: Ids
    parent: Rows  # (n_tags,) row of the parent, -1 at a root
    stands_for: Rows  # (n_tags,) itself; where merged, the tag it was merged into; -1 where banned

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, tags: pd.DataFrame, used: pd.Series | None = None) -> Taxonomy:
        """Build from the `tags` table; see `from_rows`.

        Args:
            tags: rows of `schema.TAGS`.
            used: tag ids of taggings; those that `tags` lacks become roots of their own.
        """
        ids, parents, statuses, merged = (
            list(tags[name].fillna("")) for name in ("tag_id", "parent_id", "status", "merged_into")
        )
        return cls.from_rows(ids, parents, statuses, merged, used=[] if used is None else list(used.unique()))

    @classmethod
    def from_rows(
        cls,
        tag_ids: Sequence[str],
        parent_ids: Sequence[str],
        statuses: Sequence[str],
        merged_into: Sequence[str],
        used: Iterable[str] = (),
    ) -> Taxonomy:
        """Build from columns of the `tags` table, each (n,); an empty string stands for no parent, no merge.

        Raises:
            DataError: parents or merges form a circle, named by one of its tags.
        """
        ids = Ids.of([*tag_ids, *used])
        parent = np.full(len(ids), -1, np.int32)
        stands_for = np.arange(len(ids), dtype=np.int32)
        rows, status = ids.rows(tag_ids), np.asarray(statuses, dtype="U8")
        parent[rows] = ids.rows(parent_ids)
        stands_for[rows[status == "merged"]] = ids.rows(merged_into)[status == "merged"]
        stands_for[rows[status == "banned"]] = -1
        return cls.linked(ids, parent, stands_for)

    @classmethod
    def linked(cls, ids: Ids, parent: Rows, stands_for: Rows) -> Taxonomy:
        """Check chains of parents, and follow those of merges to their end. DataError where they form a circle."""
        return cls(ids, _checked(ids, parent, "parents"), _resolved(ids, stands_for))

    def with_roots(self, tag_ids: Iterable[str]) -> Taxonomy:
        """The same rows, and behind them a root for each tag that is new; itself if none is."""
        ids = self.ids.appended(tag_ids)
        new = np.arange(len(self.ids), len(ids), dtype=np.int32)
        if not len(new):
            return self
        alone = np.full(len(new), -1, np.int32)
        return Taxonomy(ids, np.concatenate([self.parent, alone]), np.concatenate([self.stands_for, new]))

    def ancestors(self) -> list[Rows]:
        """One (n_tags,) array a generation: the parents, the grandparents, …; -1 above a root."""
        generations: list[Rows] = []
        level = self.parent
        while (level >= 0).any():
            generations.append(level)
            level = np.where(level >= 0, self.parent[level], -1).astype(np.int32)
        return generations

    def below(self, tag_id: str) -> list[str]:
        """The tags that count for one: itself, those merged into it, and all below those; itself if it is unknown."""
        row = self.ids.row(tag_id)
        if row < 0:
            return [tag_id]
        wanted, found = self.stands_for[row], np.zeros(len(self), bool)
        level = self.stands_for
        while (level >= 0).any():
            stands = np.where(level >= 0, self.stands_for[level], -1)
            found |= (stands == wanted) & (stands >= 0)
            level = np.where(level >= 0, self.parent[level], -1)
        return self.ids.take(np.flatnonzero(found).astype(np.int32))


def _checked(ids: Ids, parent: Rows, what: str) -> Rows:
    """The same array, once no chain in it is endless."""
    level = parent
    for _ in range(MAX_DEPTH):
        level = np.where(level >= 0, parent[level], -1).astype(np.int32)
    stuck = np.flatnonzero(level >= 0)
    name = ids[int(level[stuck[0]])] if len(stuck) else ""
    require(not len(stuck), f"the {what} of tag {name!r} form a circle or are over {MAX_DEPTH} deep; break the chain")
    return parent


def _resolved(ids: Ids, stands_for: Rows) -> Rows:
    """Follow chains of merges to their end; a tag merged into a banned one is banned."""
    rows = np.arange(len(ids), dtype=np.int32)
    onward = np.where(stands_for == rows, -1, stands_for).astype(np.int32)
    _checked(ids, onward, "merges")
    for _ in range(MAX_DEPTH):
        stands_for = np.where(stands_for >= 0, stands_for[stands_for], -1).astype(np.int32)
    return stands_for
