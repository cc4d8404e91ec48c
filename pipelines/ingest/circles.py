"""Tags whose chain of parents, or of merges, has no end or is longer than a taxonomy may be."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.tags.taxonomy import MAX_DEPTH

Chain = NDArray[np.int64]
"""(n,) the row that each row points to; -1 where the chain ends."""


def refused_tags(tags: pa.Table) -> list[tuple[str, NDArray[np.intp], str]]:
    """Which tags cannot stand.

    Args:
        tags: tag_id, parent_id, status and merged_into, one row a tag.

    Returns:
        (field, rows, reason) of each rule that some break. A tag below a circle stays: without it, it is a root.
    """
    ids = tags["tag_id"].to_pylist()
    row_of = {one: row for row, one in enumerate(ids)}
    parent = np.array([row_of.get(one, -1) for one in tags["parent_id"].to_pylist()], np.int64)
    into = np.array([row_of.get(one, -1) for one in tags["merged_into"].to_pylist()], np.int64)
    into[np.array([one != "merged" for one in tags["status"].to_pylist()], bool)] = -1
    found = [
        ("parent_id", *_broken(parent), "its parents form a circle", f"is over {MAX_DEPTH} levels below its root"),
        ("merged_into", *_broken(into), "its merges form a circle", f"is over {MAX_DEPTH} merges from its end"),
    ]
    taken: set[int] = set()
    refused = []
    for field, circle, deep, *reasons in found:
        for rows, reason in zip((circle, deep), reasons, strict=True):
            fresh = np.array([row for row in rows if row not in taken], np.intp)
            taken.update(fresh.tolist())
            if len(fresh):
                refused.append((field, fresh, reason))
    return refused


def _broken(chain: Chain) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows on a circle, and rows over `MAX_DEPTH` from the end of their chain once circles are cut."""
    circle = _on_circle(chain)
    cut = np.where(np.isin(chain, circle), -1, chain)
    cut[circle] = -1
    level = cut
    for _ in range(MAX_DEPTH):
        level = _follow(level, cut)
    return circle, np.flatnonzero(level >= 0)


def _on_circle(chain: Chain) -> NDArray[np.intp]:
    """Where one arrives after more steps than there are rows is on a circle, and all of each circle is arrived at."""
    jump = chain
    for _ in range(max(len(chain), 1).bit_length()):
        jump = _follow(jump, jump)
    return np.unique(jump[jump >= 0])


def _follow(at: Chain, onward: Chain) -> Chain:
    return np.where(at >= 0, onward[at], -1) if len(onward) else at
