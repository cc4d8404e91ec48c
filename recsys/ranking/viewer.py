"""One viewer as of now: past events and stated tags, turned into the profile that models read."""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from recsys.interactions import Profiles
from recsys.ranking.catalogue import Catalogue
from recsys.schema import Floats, Rows, Times
from recsys.timeline import ages_days

CAP = 3.0
"""What all events of one viewer on one video may weigh together, either way; as in training."""


@dataclass(frozen=True, eq=False)
class PastEvents:
    """A viewer's events, in any order."""

    video_ids: list[str] = field(default_factory=list)
    weights: Floats = field(default_factory=lambda: np.empty(0, np.float32))  # (n,) by `recsys.events.EventWeights`
    times: Times = field(default_factory=lambda: np.empty(0, np.int64))  # (n,) ms


@dataclass(frozen=True, eq=False)
class Viewer:
    """Everything a request may know of who asks."""

    events: PastEvents = field(default_factory=PastEvents)
    tags: dict[str, float] = field(default_factory=dict)
    """Stated tags: weight above 0 where liked, below 0 where muted."""
    forgotten: tuple[str, ...] = ()
    """Tags of which past videos must not tell, nor of those below them."""


@dataclass(frozen=True, eq=False)
class KnownViewer:
    """A viewer in the catalogue's terms."""

    profile: Profiles  # of one viewer
    past: Rows  # (n_past,) positions in the catalogue, newest first, as the profile's history
    seen: Rows  # positions of every video with an event, whatever it weighed


def known_viewer(viewer: Viewer, catalogue: Catalogue, now: int) -> KnownViewer:
    """Fold a viewer's events by video, newest first; events of unknown videos and from after `now` are left out."""
    events = viewer.events
    every = catalogue.positions(events.video_ids)
    usable = (every >= 0) & (events.times <= now)
    positions, weights, times = every[usable], events.weights[usable], events.times[usable]
    seen, inverse = np.unique(positions, return_inverse=True)
    total = np.bincount(inverse, weights, len(seen)).clip(-CAP, CAP).astype(np.float32)
    last = np.full(len(seen), np.iinfo(np.int64).min)
    np.maximum.at(last, inverse, times)
    order = np.lexsort((-seen, -last))
    order = order[total[order] != 0]
    past = seen[order].astype(np.int32)
    profile = Profiles(
        videos=catalogue.videos(past),
        indptr=np.array([0, len(past)], np.int64),
        index=np.arange(len(past), dtype=np.int32),
        weights=total[order],
        ages_days=ages_days(last[order], now),
        tags=_stated(viewer.tags, catalogue),
        forgotten=_forgotten(viewer.forgotten, catalogue) if viewer.forgotten else None,
    )
    return KnownViewer(profile, past, seen.astype(np.int32))


def _stated(tags: dict[str, float], catalogue: Catalogue) -> sparse.csr_array:
    """(1, n_tags) stated weights; tags that nobody uses are left out, merged ones count for what they stand for."""
    ids, taxonomy = catalogue.vectorizer.ids, catalogue.vectorizer.taxonomy
    known = {row: weight for tag, weight in sorted(tags.items()) if (row := ids.row(tag)) >= 0}
    rows = taxonomy.stands_for[np.array(list(known), np.int32)]
    values = np.array(list(known.values()), np.float32)[rows >= 0]
    at = (np.zeros(int((rows >= 0).sum()), np.int32), rows[rows >= 0])
    return sparse.coo_array((values, at), shape=(1, len(ids))).tocsr()


def _forgotten(tags: tuple[str, ...], catalogue: Catalogue) -> sparse.csr_array:
    """(1, n_tags) 1 at these tags and those below them."""
    ids = catalogue.vectorizer.ids
    every = sorted({one for tag in tags for one in catalogue.vectorizer.taxonomy.below(tag)})
    rows = ids.rows(every)
    rows = rows[rows >= 0]
    at = (np.zeros(len(rows), np.int32), rows)
    return sparse.coo_array((np.ones(len(rows), np.float32), at), shape=(1, len(ids))).tocsr()
