"""How events and taggings lie in memory for the compiled passes, which take plain tuples of arrays as they are."""

from typing import NamedTuple

import numpy as np

from pipelines.join.as_of import grouped
from recsys.interactions import Interactions
from recsys.schema import DAY_MS, Floats, Rows, Times
from recsys.tags.vectorizer import Evidence, TagVectorizer, inherited


class Events(NamedTuple):
    """Events in time order, and the order in which each viewer's stand together.

    Viewer u owns positions `indptr[u]:indptr[u + 1]` of `order`.
    """

    viewer: Rows  # (n_events,)
    video: Rows  # (n_events,)
    weight: Floats  # (n_events,)
    time: Times  # (n_events,)
    indptr: np.ndarray  # (n_viewers + 1,) int64
    order: np.ndarray  # (n_events,) int64 positions, by viewer and within one by time


def by_viewer(events: Interactions) -> Events:
    """Lay out events."""
    indptr, order = grouped(events.viewer, len(events.viewers))
    return Events(events.viewer, events.video, events.weight, events.time, indptr, order)


class TagHistory(NamedTuple):
    """What was ever said of each video, when it became known and when it was withdrawn.

    Video j owns positions `indptr[j]:indptr[j + 1]`; equal tags stand side by side.
    """

    indptr: np.ndarray  # (n_videos + 1,) int64
    tag: Rows  # (n,)
    trust: Floats  # (n,) 0 to 1
    known_at: Times  # (n,) ms, NEVER where always known
    withdrawn_at: Times  # (n,) ms, NEVER where standing
    idf: Floats  # (n_tags,)
    half_life_ms: float


def tag_history(given: Evidence, n_videos: int, vectorizer: TagVectorizer) -> TagHistory:
    """Lay out taggings, with what ancestors get of them, as `TagVectorizer.vectors` counts them."""
    full = inherited(given, vectorizer.taxonomy, vectorizer.config.parent_share)
    _, by_tag = grouped(full.tag, len(vectorizer.taxonomy))
    indptr, by_video = grouped(full.video[by_tag], n_videos)
    order = by_tag[by_video]
    columns = (full.tag[order], full.trust[order], full.known_at[order], full.withdrawn_at[order])
    return TagHistory(indptr, *columns, vectorizer.idf, vectorizer.config.half_life_days * DAY_MS)
