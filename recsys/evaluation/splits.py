"""Ways to hold data out: later time, each viewer's last video, hidden videos, hidden viewers, published files.

A positive is a pair of viewer and video whose weights sum to more than 0. A positive to find has no event at all in
training: when a pair is held out, all its events are. Videos and viewers without training events stay in the test.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from recsys.errors import require
from recsys.evaluation.folds import Fold, Known, Slice, only, pair_matrix
from recsys.interactions import Interactions, TrainingData
from recsys.schema import NEVER, Mask, Rows, Times
from recsys.timeline import require_known_before


def global_time(
    data: TrainingData,
    share: float = 0.2,
    cutoff: int | None = None,
    tags_at: Callable[[int], sparse.csr_array] | None = None,
) -> Fold:
    """Train on everything before one moment; find what viewers newly liked from then on.

    The only split that sees no future at all. Candidates are the videos published by the end of the data (or at an
    unknown time); videos the viewer had before are masked. Slices: all, warm, cold (no training event).

    Args:
        data: everything known.
        share: part of the events that lie at or after the cutoff, above 0 and below 1.
        cutoff: the moment itself in ms, instead of `share`.
        tags_at: gives the (n_videos, n_tags) vectors as known at a time; without it the tags stay as they are
            in `data`, which is right only if they do not change.
    """
    events = data.events
    cutoff = _cutoff(events.time, share) if cutoff is None else cutoff
    later = events.where(events.time >= cutoff)
    tags = data.tags if tags_at is None else tags_at(cutoff)
    train = replace(data, events=events.before(cutoff), tags=tags, as_of=cutoff)
    require_known_before(train.events.time, cutoff, "training events")
    test = first_likes(later)
    test = test.where(~_is_in(test, train.events))
    viewers = np.unique(test.viewer)
    now = np.full(len(viewers), cutoff, np.int64)
    open_by_then = (data.published == NEVER) | (data.published < events.as_of)
    open_by_then |= np.bincount(events.video, minlength=len(events.videos)) > 0
    return _by_warmth("global_time", train, viewers, pair_matrix(test, viewers), now, open_by_then)


def leave_last(data: TrainingData, validation: bool = False, min_positives: int = 3) -> Fold:
    """Hold out the last video that each viewer came to like; everything they did from then on leaves training.

    It sees other viewers' future, so it ranks methods less surely than `global_time` (Ji et al. 2023). Slices: all,
    warm, cold (no training event).

    Args:
        data: everything known.
        validation: hold out the last but one instead, with the last gone as well.
        min_positives: viewers who liked fewer videos stay in training whole.

    >>> from recsys.evaluation.toy import toy
    >>> fold = leave_last(toy("ann: x y z; bob: y"))
    >>> fold.train.events.video.tolist(), fold.slices[0].truth.indices.tolist()
    ([0, 1, 1], [2])
    """
    events = data.events
    likes = first_likes(events)
    by_viewer = np.argsort(likes.viewer, kind="stable")
    counts = np.bincount(likes.viewer, minlength=len(events.viewers))
    viewers = np.flatnonzero(counts >= min_positives + validation)
    target = likes.where(by_viewer[np.cumsum(counts)[viewers] - (2 if validation else 1)])  # in the viewers' order
    until = np.full(len(events.viewers), NEVER)
    until[viewers] = target.time
    keep = (events.time < until[events.viewer]) & ~_is_in(events, target)
    train = replace(data, events=events.where(keep))
    return _by_warmth("leave_last", train, viewers, pair_matrix(target, viewers), target.time)
