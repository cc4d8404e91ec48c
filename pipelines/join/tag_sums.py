"""Sums over tags for one viewer at a time: dense to add to, and a list of the tags touched, so clearing is cheap."""

from typing import NamedTuple

import numpy as np

from pipelines.join.compiled import compiled
from recsys.schema import Doubles, Mask, Rows

GONE = 1e-100
"""A sum below this in size counts as faded out."""


class TagSums(NamedTuple):
    """One viewer's sums."""

    sums: Doubles  # (n_tags,)
    listed: Mask  # (n_tags,) whether the tag stands in `tags`
    tags: Rows  # (n_tags,) the first `size[0]` are those touched
    size: np.ndarray  # (1,) int64


@compiled
def tag_sums(n_tags):  # type: ignore[no-untyped-def]
    """Sums of 0."""
    return TagSums(np.zeros(n_tags), np.zeros(n_tags, np.bool_), np.empty(n_tags, np.int32), np.zeros(1, np.int64))


@compiled
def added(to, tag, value):  # type: ignore[no-untyped-def]
    """Add to one tag's sum."""
    if not to.listed[tag]:
        to.listed[tag] = True
        to.tags[to.size[0]] = tag
        to.size[0] += 1
    to.sums[tag] += value


@compiled
def cleared(these):  # type: ignore[no-untyped-def]
    """Set every sum to 0 again."""
    for k in range(these.size[0]):
        these.sums[these.tags[k]] = 0.0
        these.listed[these.tags[k]] = False
    these.size[0] = 0


@compiled
def weakened(these, factor):  # type: ignore[no-untyped-def]
    """Multiply every sum, and forget those that faded out."""
    kept = 0
    for k in range(these.size[0]):
        tag = these.tags[k]
        these.sums[tag] *= factor
        if abs(these.sums[tag]) < GONE:
            these.sums[tag] = 0.0
            these.listed[tag] = False
        else:
            these.tags[kept] = tag
            kept += 1
    these.size[0] = kept


@compiled
def strongest(these, tags, values):  # type: ignore[no-untyped-def]
    """The sums largest in size, in tag order; of equal ones the lower tags.

    Args:
        these: `TagSums`.
        tags: (top,) int32, gets the tags; -1 behind the last.
        values: (top,) float32, gets the sums.
    """
    every, top = these.tags[: these.size[0]], len(tags)
    chosen = every
    if len(every) > top:
        size = np.abs(these.sums[every])
        bar = np.partition(size, len(every) - top)[len(every) - top]
        above = every[size > bar]
        chosen = np.concatenate((above, np.sort(every[size == bar])[: top - len(above)]))
    chosen = np.sort(chosen)
    tags[:] = -1
    values[:] = 0.0
    for k in range(len(chosen)):
        tags[k], values[k] = chosen[k], these.sums[chosen[k]]
