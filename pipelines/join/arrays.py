"""What the compiled passes work on: plain tuples of arrays, which they take as they are."""

from typing import NamedTuple

import numpy as np

from recsys.schema import Doubles, Floats, Mask, Rows, Times


class Events(NamedTuple):
    """Events, in time order."""

    video: Rows  # (n_events,)
    weight: Floats  # (n_events,)
    time: Times  # (n_events,)


class ViewerEvents(NamedTuple):
    """Events viewer by viewer, each viewer's in time order: viewer u owns positions `indptr[u]:indptr[u + 1]`."""

    video: Rows  # (n_events,)
    weight: Floats  # (n_events,)
    time: Times  # (n_events,)
    indptr: np.ndarray  # (n_viewers + 1,) int64


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


class SettledTags(NamedTuple):
    """Tag vectors as of the end, and since when each video's has been so."""

    indptr: np.ndarray  # (n_videos + 1,) int64
    tag: Rows  # (n,)
    value: Doubles  # (n,)
    since: Times  # (n_videos,) ms; at every later moment before the end the video has this vector; NEVER where none


class VideoTags(NamedTuple):
    """Where a video's tags as known strictly before a moment come from."""

    history: TagHistory
    settled: SettledTags
    tags: Rows  # (room,) to work in
    values: Doubles  # (room,) to work in


class TagSums(NamedTuple):
    """One viewer's sums."""

    sums: Doubles  # (n_tags,)
    listed: Mask  # (n_tags,) whether the tag stands in `tags`
    tags: Rows  # (n_tags,) the first `size[0]` are those touched
    size: np.ndarray  # (1,) int64
