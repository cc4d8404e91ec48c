"""What viewers did and what videos are, as arrays: the only shapes that models, ranking and evaluation see."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from recsys.errors import require
from recsys.ids import Ids
from recsys.schema import DAY_MS, Floats, Mask, Rows, Times


@dataclass(frozen=True, eq=False)
class Interactions:
    """Weighted events in time order.

    Repeats are kept; `pairs` folds them. A weight is signed: below zero the viewer turned the video down.
    """

    viewers: Ids
    videos: Ids
    viewer: Rows  # (n_events,)
    video: Rows  # (n_events,)
    weight: Floats  # (n_events,)
    time: Times  # (n_events,) ms, not decreasing

    def __post_init__(self) -> None:
        sizes = {len(self.viewer), len(self.video), len(self.weight), len(self.time)}
        require(len(sizes) == 1, f"interactions need arrays of one length; got lengths {sorted(sizes)}")
        require(bool(np.isfinite(self.weight).all()), "interaction weights must be finite")
        ordered = bool((self.time[1:] >= self.time[:-1]).all())
        require(ordered, "interactions must be in time order; sort them by time first")

    def __len__(self) -> int:
        return len(self.viewer)

    def where(self, keep: Mask) -> "Interactions":
        """Only the events at which `keep`, (n_events,), is true; the same ids."""
        return replace(
            self, viewer=self.viewer[keep], video=self.video[keep], weight=self.weight[keep], time=self.time[keep]
        )

    def before(self, time: int) -> "Interactions":
        """Only the events strictly before a time in ms."""
        return self.where(self.time < time)

    @property
    def as_of(self) -> int:
        """The first millisecond after the last event; 0 without events."""
        return int(self.time[-1]) + 1 if len(self) else 0

    def pairs(self, cap: float = 3.0) -> "Interactions":
        """One row per (viewer, video): weights summed and held within ±cap, at the time of the last event."""
        key = self.viewer.astype(np.int64) * len(self.videos) + self.video
        unique, inverse = np.unique(key, return_inverse=True)
        weight = np.bincount(inverse, self.weight, len(unique)).clip(-cap, cap).astype(np.float32)
        last = np.full(len(unique), np.iinfo(np.int64).min)
        np.maximum.at(last, inverse, self.time)
        order = np.argsort(last, kind="stable")
        viewer, video = np.divmod(unique[order], max(len(self.videos), 1))
        return replace(
            self, viewer=viewer.astype(np.int32), video=video.astype(np.int32), weight=weight[order], time=last[order]
        )

    def matrix(self) -> sparse.csr_array:
        """(n_viewers, n_videos) float32, weights of the same pair added up; signed."""
        shape = (len(self.viewers), len(self.videos))
        return sparse.coo_array((self.weight, (self.viewer, self.video)), shape=shape).tocsr()

    def video_counts(self) -> Floats:
        """(n_videos,) how many events of positive weight each video had."""
        return np.bincount(self.video[self.weight > 0], minlength=len(self.videos)).astype(np.float32)

    def video_events(self) -> Floats:
        """(n_videos,) how many events each video had, whatever they weighed: one that nobody liked is not new."""
        return np.bincount(self.video, minlength=len(self.videos)).astype(np.float32)


def latest(events: Interactions, share: float, random: np.random.Generator) -> Mask:
    """(n,) which events are among the latest share of their viewer's.

    Equal times are broken at random, and shares of an event are rounded at random: right on average, small or large.
    """
    order = np.lexsort((random.random(len(events)), -events.time, events.viewer))
    count = np.bincount(events.viewer, minlength=len(events.viewers))
    start = np.concatenate([[0], np.cumsum(count)])[:-1]
    place = np.empty(len(events), np.int64)
    place[order] = np.arange(len(events)) - start[events.viewer[order]]
    quota = np.floor(count * share + random.random(len(count)))
    return place < quota[events.viewer]


@dataclass(frozen=True, eq=False)
class Videos:
    """What a model may know of some videos: the row it was trained with, and their tags as of now."""

    rows: Rows  # (n,) trained row; -1 for a video newer than the bundle
    tags: sparse.csr_array  # (n, n_tags) float32 tag vectors

    def __post_init__(self) -> None:
        require(len(self.rows) == self.tags.shape[0], f"{len(self.rows)} rows, but tags of {self.tags.shape[0]} videos")

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: Rows) -> "Videos":
        """The videos at these positions."""
        return Videos(self.rows[index], self.tags[index])

    def widened(self, n_tags: int) -> "Videos":
        """The same videos with empty columns for tags that came later, sharing their memory."""
        if self.tags.shape[1] == n_tags:
            return self
        parts = (self.tags.data, self.tags.indices, self.tags.indptr)
        return Videos(self.rows, sparse.csr_array(parts, shape=(len(self), n_tags)))

    @classmethod
    def trained(cls, tags: sparse.csr_array) -> "Videos":
        """Every video of a training catalogue, in row order."""
        return cls(np.arange(tags.shape[0], dtype=np.int32), tags)


@dataclass(frozen=True, eq=False)
class Profiles:
    """What is known of some viewers: the videos they had, newest first, and the tags they stated themselves.

    Ragged: viewer u owns positions `indptr[u]:indptr[u + 1]` of `index`, `weights` and `ages_days`.
    """

    videos: Videos
    """The table that `index` points into."""
    indptr: np.ndarray  # (n + 1,) int64
    index: Rows  # (n_past,) position in `videos`
    weights: Floats  # (n_past,) signed, undecayed
    ages_days: Floats  # (n_past,) >= 0
    tags: sparse.csr_array  # (n, n_tags) stated tag weights: liked above 0, muted below
    forgotten: sparse.csr_array | None = None  # (n, n_tags) 1 where the past must not tell of a tag; None for nowhere

    def __post_init__(self) -> None:
        require(
            len(self.indptr) == self.tags.shape[0] + 1,
            f"{len(self.indptr) - 1} histories, but stated tags of {self.tags.shape[0]} viewers",
        )

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @cached_property
    def made(self) -> dict[object, Any]:
        """What models made of these profiles, each under a name of its own: a ranking asks for it more than once."""
        return {}

    @cached_property
    def viewer(self) -> Rows:
        """(n_past,) which viewer each past video belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.indptr))

    @cached_property
    def steps(self) -> Floats:
        """(n_past,) how many of the viewer's videos are newer: 0 for the last one."""
        return (np.arange(len(self.index)) - self.indptr[:-1][self.viewer]).astype(np.float32)

    @cached_property
    def n_liked(self) -> Floats:
        """(n,) how many past videos of positive weight each viewer has."""
        return np.bincount(self.viewer[self.weights > 0], minlength=len(self)).astype(np.float32)

    def history(self, weights: Floats | None = None) -> sparse.csr_array:
        """(n, len(videos)) the past videos' weights, or other (n_past,) values in their place."""
        values = self.weights if weights is None else weights
        shape = (len(self), len(self.videos))
        return sparse.coo_array((values, (self.viewer, self.index)), shape=shape).tocsr()

    def take(self, viewers: Rows) -> "Profiles":
        """Only these viewers, in this order."""
        viewers = np.asarray(viewers)
        lengths = np.diff(self.indptr)[viewers]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - self.indptr[:-1][viewers], lengths)
        forgotten = None if self.forgotten is None else self.forgotten[viewers]
        return Profiles(
            self.videos, indptr, self.index[at], self.weights[at], self.ages_days[at], self.tags[viewers], forgotten
        )

    @classmethod
    def of(
        cls,
        pairs: Interactions,
        videos: Videos,
        as_of: int,
        viewers: Rows | None = None,
        tags: sparse.csr_array | None = None,
    ) -> "Profiles":
        """Profiles of viewers out of their folded interactions.

        Args:
            pairs: from `Interactions.pairs`; `videos` must be in its row order.
            videos: the catalogue.
            as_of: the moment ages are counted to, ms.
            viewers: (n,) rows of the viewers wanted; all by default.
            tags: (n, n_tags) what those viewers stated; nothing by default.
        """
        wanted = np.arange(len(pairs.viewers), dtype=np.int32) if viewers is None else np.asarray(viewers)
        if viewers is not None:
            asked = np.zeros(len(pairs.viewers), bool)
            asked[wanted] = True
            pairs = pairs.where(asked[pairs.viewer])
        # newest first within a viewer; among equal times the later row counts as newer
        order = len(pairs) - 1 - np.argsort(pairs.viewer[::-1], kind="stable")
        counts = np.bincount(pairs.viewer, minlength=len(pairs.viewers))
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        ages = (np.maximum(as_of - pairs.time[order], 0) / DAY_MS).astype(np.float32)
        nothing = sparse.csr_array((len(pairs.viewers), videos.tags.shape[1]), dtype=np.float32)
        every = cls(videos, indptr, pairs.video[order], pairs.weight[order], ages, nothing)
        some = every.take(wanted)
        return some if tags is None else replace(some, tags=tags)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What a model is fitted on: everything known strictly before `as_of`."""

    events: Interactions
    tags: sparse.csr_array  # (n_videos, n_tags) float32 tag vectors as known at `as_of`
    published: Times  # (n_videos,) ms, NEVER where unknown
    as_of: int

    def __post_init__(self) -> None:
        n = len(self.events.videos)
        require(self.tags.shape[0] == n, f"{n} videos, but tag vectors of {self.tags.shape[0]}")
        require(len(self.published) == n, f"{n} videos, but {len(self.published)} publishing times")

    @property
    def videos(self) -> Videos:
        """The whole catalogue."""
        return Videos.trained(self.tags)
