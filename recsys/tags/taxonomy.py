"""The taxonomy as arrays: which tags there are, their parents, and what merged or banned tags stand for now."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys.errors import require
from recsys.ids import Ids
from recsys.schema import Rows

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
    def of(cls, tags: pd.DataFrame, used: pd.Series | None = None) -> "Taxonomy":
        """Build from the `tags` table.

        Args:
            tags: rows of `schema.TAGS`.
            used: tag ids of taggings; those that `tags` lacks become roots of their own.

        Raises:
            DataError: parents or merges form a circle, named by one of its tags.
        """
        names = list(tags["tag_id"]) + ([] if used is None else list(used.unique()))
        ids = Ids.of(names)
        parent = np.full(len(ids), -1, np.int32)
        stands_for = np.arange(len(ids), dtype=np.int32)
        rows = ids.rows(list(tags["tag_id"]))
        parent[rows] = ids.rows(list(tags["parent_id"].fillna("")))
        merged = (tags["status"] == "merged").to_numpy()
        stands_for[rows[merged]] = ids.rows(list(tags["merged_into"].fillna("")[merged]))
        stands_for[rows[(tags["status"] == "banned").to_numpy()]] = -1
        return cls(ids, _checked(ids, parent, "parents"), _resolved(ids, stands_for))

    def ancestors(self) -> list[Rows]:
        """One (n_tags,) array a generation: the parents, the grandparents, …; -1 above a root."""
        generations: list[Rows] = []
        level = self.parent
        while (level >= 0).any():
            generations.append(level)
            level = np.where(level >= 0, self.parent[level], -1).astype(np.int32)
        return generations


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
