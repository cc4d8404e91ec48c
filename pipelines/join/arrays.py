"""What the compiled passes work on: plain tuples of arrays, which they take as they are."""

from typing import NamedTuple

import numpy as np

from recsys.schema import Doubles, Floats, Mask, Rows, Times

TAG = np.dtype([("tag", np.int32), ("value", np.float32)])
"""One tag of a video's vector."""
VIDEO = np.dtype([("since", np.int64), ("start", np.int64), ("stop", np.int64)])
"""A video's settled vector: `start:stop` in `VideoTags.settled`, and since when it has been so. At every later moment
before the end the video has this vector; NEVER where none."""
MET = np.dtype([("weight", np.float64), ("last", np.int64)])
"""One viewer's weight on a video so far, and when they met it last; NEVER where not yet."""
PAST = np.dtype(
    [("last", np.int64), ("n", np.int64), ("n_before", np.int64), ("liked", float), ("liked_before", float)]
)
"""What a video has had: events up to its last moment and before it, and its popularity likewise."""


SAID = np.dtype([("tag", np.int32), ("trust", np.float32), ("known_at", np.int64), ("withdrawn_at", np.int64)])
"""One tagging: trust 0 to 1; times in ms, `known_at` NEVER where always known, `withdrawn_at` NEVER where standing."""


class Events(NamedTuple):
    """Events, in time order."""

    viewer: Rows  # (n_events,)
    video: Rows  # (n_events,)
    weight: Floats  # (n_events,)
    time: Times  # (n_events,)


class TagHistory(NamedTuple):
    """What was said of each video over time.

    Video j owns positions `indptr[j]:indptr[j + 1]`; equal tags stand side by side.
    """

    indptr: np.ndarray  # (n_videos + 1,) int64
    said: np.ndarray  # (n,) SAID
    half_life_ms: float


class SettledTags(NamedTuple):
    """Tag vectors as of the end, and since when each video's has been so."""

    videos: np.ndarray  # (n_videos,) VIDEO
    tags: np.ndarray  # (n,) TAG


class VideoTags(NamedTuple):
    """Where a video's tags as known strictly before a moment come from."""

    history: TagHistory
    idf: Floats  # (n_tags,)
    settled: SettledTags
    worked_out: np.ndarray  # (room,) TAG, one video's tags as known before a moment
    whose: Times  # (3,) that video, that moment, how many tags


class TagSums(NamedTuple):
    """One viewer's sums."""

    sums: Doubles  # (n_tags,)
    listed: Mask  # (n_tags,) whether the tag stands in `tags`
    tags: Rows  # (n_tags,) the first `size[0]` are those touched
    sizes: Floats  # (n_tags,) to work in
    size: np.ndarray  # (1,) int64
