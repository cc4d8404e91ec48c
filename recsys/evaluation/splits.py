"""Hold data out by later time, by each viewer's last video, or as published files say.

A positive is a pair of viewer and video whose weights sum to more than 0. When a pair is held out, all its events
leave training. Videos and viewers without training events stay in the test. Hidden videos and hidden viewers, the
two cold starts, are in `cold_splits`.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import sparse

from recsys.errors import require
from recsys.evaluation.folds import Fold, Known, pair_matrix
from recsys.evaluation.holdout import after_last, by_warmth, first_likes, is_in, pair_keys, seen_videos, warmth_fold
from recsys.interactions import Interactions, TrainingData
from recsys.schema import NEVER, Mask, Rows
from recsys.timeline import require_known_before


def global_time(
    data: TrainingData,
    share: float = 0.2,
    cutoff: int | None = None,
    tags_at: Callable[[int], sparse.csr_array] | None = None,
) -> Fold:
    """Train on everything before one moment; find what viewers newly liked from then on.

    The only split here that sees no future at all. Candidates are videos that had an event, or whose publishing
    time is unknown or within the data; what a viewer had before is masked. Slices: all, warm, cold (no training
    event).

    Args:
        data: everything known.
        share: part of the events that lie at or after the cutoff, above 0 and below 1.
        cutoff: the moment itself in ms, instead of `share`.
        tags_at: gives the (n_videos, n_tags) vectors as known at a time. Without it the tags stay as they are in
            `data`, which is right only if they did not change since the cutoff.

    >>> from recsys.evaluation.toy import toy
    >>> fold = global_time(toy("ann: x y z; bob: x y"), share=0.6)  # three of five: from day 1 on
    >>> fold.train.events.video.tolist(), fold.slices[0].truth.toarray().tolist()
    ([0, 0], [[0.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
    """
    events = data.events
    cutoff = _cutoff(events, share) if cutoff is None else cutoff
    tags = data.tags if tags_at is None else tags_at(cutoff)
    train = replace(data, events=events.before(cutoff), tags=tags, as_of=cutoff)
    require_known_before(train.events.time, cutoff, "training events")
    likes = first_likes(events.where(events.time >= cutoff))
    test = likes.where(~is_in(likes, train.events))
    out_by_then = seen_videos(events) | (data.published == NEVER) | (data.published < events.as_of)
    viewers = np.unique(test.viewer)
    return warmth_fold("global_time", train, test, viewers, np.full(len(viewers), cutoff), out_by_then)


def leave_last(data: TrainingData, validation: bool = False, min_positives: int = 3) -> Fold:
    """Hold out the last video that each viewer came to like; everything they did from then on leaves training.

    It trains on other viewers' later events, so it ranks methods less surely than `global_time` (Ji et al. 2023).
    Slices: all, warm, cold (no training event), by what is to be found; all are ranked among the same videos.

    Args:
        data: everything known.
        validation: hold out the last but one instead; the last is then gone as well.
        min_positives: viewers who liked fewer videos stay in training whole; at least 2.

    >>> from recsys.evaluation.toy import toy
    >>> fold = leave_last(toy("ann: x y z; bob: y"))
    >>> fold.train.events.video.tolist(), fold.slices[0].truth.indices.tolist()
    ([0, 1, 1], [2])
    """
    require(min_positives >= 2, f"min_positives is {min_positives}; it must be at least 2, for test and validation")
    events, likes = data.events, first_likes(data.events)
    counts = np.bincount(likes.viewer, minlength=len(events.viewers))
    viewers = np.flatnonzero(counts >= min_positives).astype(np.int32)
    from_last = rank_from_last(likes)
    test = likes.where((from_last == int(validation)) & (counts >= min_positives)[likes.viewer])
    until = np.full(len(events.viewers), NEVER)
    until[test.viewer] = test.time
    keep = (events.time < until[events.viewer]) & ~is_in(events, test)
    return warmth_fold("leave_last", replace(data, events=events.where(keep)), test, viewers, until[viewers])


def rank_from_last(likes: Interactions) -> Rows:
    """(n_events,) how many later rows the same viewer has: 0 for their last."""
    by_viewer = np.argsort(likes.viewer, kind="stable")
    ends = np.cumsum(np.bincount(likes.viewer, minlength=len(likes.viewers)))
    ranks = np.empty(len(likes), np.int32)
    ranks[by_viewer] = ends[likes.viewer[by_viewer]] - 1 - np.arange(len(likes))
    return ranks


def from_files(
    data: TrainingData,
    train: Rows,
    test: Rows,
    other: Rows | None = None,
    cold: Mask | None = None,
    split: str = "published",
    all_needs_both: bool = False,
) -> Fold:
    """The fold that a published split prescribes. Slices: all, warm, cold; each ranks its own videos only.

    Viewers are known by their training pairs. Masked are those, and `other`: positives of the viewer that are held
    out for something else, such as the validation part while testing.

    Args:
        data: all events, in training or not.
        train: (n, 2) pairs of viewer row and video row to train on.
        test: (m, 2) pairs to find.
        other: further pairs to mask; none by default.
        cold: (n_videos,) which videos count as cold; by default those without a training event.
        split: its name in reports.
        all_needs_both: test in `all` only viewers who have a cold and a warm positive, as ColdRec does.

    Raises:
        DataError: a pair has no event in `data`.
        LeakError: a pair is in both `train` and `test`.

    >>> from recsys.evaluation.toy import toy
    >>> data = toy("ann: x y z; bob: x y")
    >>> fold = from_files(data, np.array([[0, 0], [1, 0], [1, 1]]), np.array([[0, 1], [0, 2]]))
    >>> {part.name: part.truth.indices.tolist() for part in fold.slices}
    {'all': [1, 2], 'warm': [1], 'cold': [2]}
    """
    known, wanted = _events_of(data.events, train, "train"), _events_of(data.events, test, "test")
    masked = known if other is None else _events_of(data.events, np.concatenate([train, other]), "other")
    viewers = np.unique(wanted.viewer)
    cold = ~seen_videos(known) if cold is None else cold
    truth = pair_matrix(wanted, viewers)
    both = np.asarray((truth[:, cold].sum(1) > 0) & (truth[:, ~cold].sum(1) > 0))
    pairs = known.pairs()
    known_by = Known(pairs, after_last(pairs, viewers, data.as_of))
    exclude = pair_matrix(masked, viewers)
    slices = by_warmth(truth, known_by, cold, exclude, whole=both if all_needs_both else None)
    return Fold(split, split, replace(data, events=known), viewers, slices)


def _events_of(events: Interactions, pairs: Rows, what: str) -> Interactions:
    wanted = np.unique(pairs[:, 0].astype(np.int64) * len(events.videos) + pairs[:, 1])
    keys = pair_keys(events)
    missing = np.setdiff1d(wanted, keys)
    if len(missing):
        viewer, video = divmod(int(missing[0]), len(events.videos))
        pair = f"viewer row {viewer} with video row {video}"
        require(False, f"{len(missing)} {what} pairs have no event in the data, first {pair}; give all events")
    return events.where(np.isin(keys, wanted))


def _cutoff(events: Interactions, share: float) -> int:
    require(0 < share < 1, f"share is {share}; it must be above 0 and below 1")
    require(len(events) > 0, "a split by time needs at least one event")
    return int(events.time[min(int(np.ceil(len(events) * (1 - share))), len(events) - 1)])
