"""The catalogue as of now: the bundle's videos, and what has changed since it was trained.

Positions number the videos. The bundle's come first, in its row order; each changed or new video then gets a position
of its own, and a bundle's video that changed is hidden at its old one. So a change costs the changed videos only.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from recsys.facts import Facts, Numbers, Words, attributes, words_of
from recsys.ids import Ids
from recsys.interactions import Videos
from recsys.schema import NEVER, Floats, Mask, Rows, Times
from recsys.tags.vectorizer import Evidence, TagVectorizer

STATES = {"cold": 0, "warming": 1, "warm": 20}
"""How much behaviour a bundle saw of a video, by its least number of events."""


@dataclass(frozen=True)
class Tagging:
    """One tag that one source gave a video."""

    tag_id: str
    source: str
    confidence: float | None = None
    known_at: int = NEVER  # ms; NEVER where it was always known
    withdrawn_at: int = NEVER


@dataclass(frozen=True)
class VideoChange:
    """A video as it is now, new to the bundle or not."""

    video_id: str
    taggings: tuple[Tagging, ...] = ()
    published_at: int = NEVER
    available_from: int = NEVER
    available_until: int = NEVER
    deleted: bool = False
    language: str | None = None
    duration_s: float | None = None
    attributes: str | None = None
    """The platform's own, a JSON object."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """An immutable view; `with_changes` gives the next one."""

    ids: Ids
    known: Videos
    """The bundle's videos."""
    windows: Times  # (n_bundle, 2) ms available from and until, NEVER where open
    counts: Floats  # (n_bundle,) events in training, whatever they weighed
    vectorizer: TagVectorizer
    facts: Facts
    """What filters ask of the bundle's videos."""
    changes: tuple[VideoChange, ...] = ()
    fresh: Videos | None = None
    """The changed videos, in the order of `changes`."""
    changed_at: int = NEVER
    """ms, when the changed videos' tags are read."""
    known_matches: OrderedDict[Any, Mask] = field(default_factory=OrderedDict)
    """What filters have matched of the bundle's videos, shared by all catalogues that came of one."""

    @classmethod
    def of(cls, contents: Any) -> "Catalogue":
        """The catalogue of a bundle's contents (`recsys.bundle.Contents`), nothing changed yet."""
        windows = np.stack([contents.available_from, contents.available_until], axis=1)
        return cls(contents.ids, contents.videos, windows, contents.video_events, contents.vectorizer, contents.facts)

    def with_changes(self, changes: Sequence[VideoChange], now: int) -> "Catalogue":
        """The catalogue after these videos were put, retagged or deleted; a later change of one video wins.

        Args:
            changes: any order of videos, each as it is now. Tags that the bundle has never seen become roots.
            now: ms; taggings known later than that do not count yet.
        """
        everything = tuple({one.video_id: one for one in (*self.changes, *changes)}.values())
        used = (tagging.tag_id for one in everything for tagging in one.taggings)
        vectorizer = self.vectorizer.with_tags(used)
        known = self.known.widened(len(vectorizer.ids))
        rows = self.ids.rows([one.video_id for one in everything])
        tags = vectorizer.vectors(_evidence(everything, vectorizer), len(everything), now + 1)
        return replace(
            self, known=known, vectorizer=vectorizer, changes=everything, fresh=Videos(rows, tags), changed_at=now
        )

    def __len__(self) -> int:
        return len(self.ids) + len(self.changes)

    def position(self, video_id: str) -> int:
        """Where a video stands, -1 if it is unknown."""
        changed = self._changed.get(video_id)
        return self.ids.row(video_id) if changed is None else len(self.ids) + changed

    def positions(self, video_ids: Sequence[str]) -> Rows:
        """(n,) where videos stand, -1 where unknown."""
        return np.array([self.position(one) for one in video_ids], np.int32)

    def id_of(self, position: int) -> str:
        """The id of the video at a position."""
        n = len(self.ids)
        return self.ids[position] if position < n else self.changes[position - n].video_id

    def videos(self, positions: Rows) -> Videos:
        """What models may know of the videos at these positions."""
        n = len(self.ids)
        if self.fresh is None or not len(positions) or positions.max() < n:
            return self.known.take(positions)
        old = np.flatnonzero(positions < n)
        new = np.flatnonzero(positions >= n)
        order = np.argsort(np.concatenate([old, new]), kind="stable")
        parts = self.known.take(positions[old]), self.fresh.take(positions[new] - n)
        rows = np.concatenate([parts[0].rows, parts[1].rows])[order]
        return Videos(rows, sparse.csr_array(sparse.vstack([parts[0].tags, parts[1].tags], format="csr")[order]))

    def available(self, now: int) -> Mask:
        """(len(self),) which videos may be shown at `now`: within their window, not deleted, not superseded.

        Read-only: it stays the same until the next window opens or closes, and is kept until then.
        """
        span = self.span(now)
        kept = self._kept.get(span)
        if kept is None:
            kept = self._available(now)
            kept.flags.writeable = False
            self._kept.clear()
            self._kept[span] = kept
        return kept

    def span(self, now: int) -> int:
        """The number of the time between two openings or closings that `now` lies in."""
        return int(self._edges.searchsorted(now, side="right"))

    def _available(self, now: int) -> Mask:
        start, end = self._windows.T
        shown = ((start == NEVER) | (start <= now)) & (end > now)
        if self.changes:
            n = len(self.ids)
            superseded = self.fresh_rows[self.fresh_rows >= 0]
            shown[superseded] = False
            shown[n:] &= ~np.array([one.deleted for one in self.changes], bool)
        return shown

    def window(self, position: int) -> tuple[int, int]:
        """ms from and until when a video is available, NEVER where open."""
        start, end = self._windows[position]
        return int(start), int(end)

    @cached_property
    def tag_shares(self) -> Floats:
        """(n_tags,) the mean tag vector of the bundle's videos."""
        return np.asarray(self.known.tags.mean(0), np.float32).ravel()

    def state(self, position: int) -> str:
        """`cold` without events in training, `warming` below 20, then `warm`."""
        n = len(self.ids)
        row = position if position < n else int(self.fresh_rows[position - n])
        count = float(self.counts[row]) if row >= 0 else 0.0
        return next(name for name, least in reversed(STATES.items()) if count >= least)

    def in_state(self, state: str) -> Mask:
        """(len(self),) which videos are in a state; none where there is no such state."""
        if state not in STATES:
            return np.zeros(len(self), bool)
        rows = self.fresh_rows
        fresh = np.where(rows >= 0, self.counts[rows], 0) if len(self.counts) else np.zeros(len(rows))
        counts = np.concatenate([self.counts, fresh])
        limits = [*STATES.values(), np.inf]
        at = list(STATES).index(state)
        found: Mask = (counts >= limits[at]) & (counts < limits[at + 1])
        return found

    @cached_property
    def fresh_facts(self) -> Facts:
        """What filters ask of the changed videos."""
        return _facts(self.changes, self.changed_at)

    @cached_property
    def matches(self) -> OrderedDict[Any, Mask]:
        """What filters have matched, kept by `recsys.ranking.filters`."""
        return OrderedDict()

    @property
    def fresh_rows(self) -> Rows:
        """(n_changes,) the bundle's row of each changed video, -1 if it is new."""
        return self.fresh.rows if self.fresh is not None else np.empty(0, np.int32)

    @cached_property
    def _changed(self) -> dict[str, int]:
        return {one.video_id: at for at, one in enumerate(self.changes)}

    @cached_property
    def _kept(self) -> dict[int, Mask]:
        return {}

    @cached_property
    def _edges(self) -> Times:
        """When a window opens or closes, in order."""
        return np.unique(self._windows[self._windows != NEVER])

    @cached_property
    def _windows(self) -> Times:
        fresh = np.array([[one.available_from, one.available_until] for one in self.changes], np.int64).reshape(-1, 2)
        return np.concatenate([self.windows, fresh]) if self.changes else self.windows


def _evidence(changes: Sequence[VideoChange], vectorizer: TagVectorizer) -> Evidence:
    """The taggings of changed videos as arrays, banned and unknown tags dropped."""
    config, flat = vectorizer.config, [(at, one) for at, video in enumerate(changes) for one in video.taggings]
    tag = vectorizer.ids.rows([one.tag_id for _, one in flat])
    tag = np.where(tag >= 0, vectorizer.taxonomy.stands_for[tag], -1) if len(flat) else tag
    belief = [config.unknown_confidence if one.confidence is None else one.confidence for _, one in flat]
    trust = np.array([config.source_weight(one.source) for _, one in flat], np.float32) * np.array(belief, np.float32)
    keep = tag >= 0
    return Evidence(
        np.array([at for at, _ in flat], np.int32)[keep],
        tag[keep].astype(np.int32),
        trust[keep],
        np.array([one.known_at for _, one in flat], np.int64)[keep],
        np.array([one.withdrawn_at for _, one in flat], np.int64)[keep],
    )


def _facts(changes: Sequence[VideoChange], now: int) -> Facts:
    """What filters ask of changed videos, by the taggings that stand at `now`."""
    standing = [
        (at, one)
        for at, video in enumerate(changes)
        for one in video.taggings
        if (one.known_at == NEVER or one.known_at <= now) and one.withdrawn_at > now
    ]
    video = np.array([at for at, _ in standing], np.int32)
    each = np.arange(len(standing), dtype=np.int32)
    told, counted = attributes((at, one.attributes) for at, one in enumerate(changes) if one.attributes is not None)
    words = [
        words_of("language", [one.language for one in changes]),
        Words("tags", [one.tag_id for _, one in standing], each, video),
        Words("source", [one.source for _, one in standing], each, video),
    ]
    durations = {at: one.duration_s for at, one in enumerate(changes) if one.duration_s is not None}
    published = {at: float(one.published_at) for at, one in enumerate(changes) if one.published_at != NEVER}
    numbers = [_numbers("duration_s", durations), _numbers("published_at", published)]
    return Facts.of(len(changes), [*words, *told], [*numbers, *counted])


def _numbers(field: str, values: dict[int, float]) -> Numbers:
    return Numbers(field, np.array(list(values), np.int32), np.array(list(values.values()), np.float64))
