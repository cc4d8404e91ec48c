"""What all splits share: which pairs are positives, and how a held-out truth becomes slices."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from recsys.evaluation.folds import Fold, Known, Slice, only, pair_matrix
from recsys.interactions import Interactions, TrainingData
from recsys.schema import Mask, Rows, Times


def first_likes(events: Interactions) -> Interactions:
    """One row per pair that the viewer liked on the whole, as its first positive event, in time order.

    >>> from recsys.evaluation.toy import toy
    >>> likes = first_likes(toy("ann: x x y -y -z").events)
    >>> likes.video.tolist(), likes.time.tolist()
    ([0], [0])
    """
    _, pair = np.unique(pair_keys(events), return_inverse=True)
    liked = np.flatnonzero((np.bincount(pair, events.weight) > 0)[pair] & (events.weight > 0))
    _, first = np.unique(pair[liked], return_index=True)
    keep = np.zeros(len(events), bool)
    keep[liked[first]] = True
    return events.where(keep)


def pair_keys(events: Interactions) -> Times:
    """(n_events,) one number per pair of viewer and video."""
    return events.viewer.astype(np.int64) * len(events.videos) + events.video


def is_in(events: Interactions, others: Interactions) -> Mask:
    """(n_events,) whether the event's pair has any event among the others."""
    found: Mask = np.isin(pair_keys(events), pair_keys(others))
    return found


def seen_videos(events: Interactions) -> Mask:
    """(n_videos,) whether a video has any event; one without is cold."""
    return np.bincount(events.video, minlength=len(events.videos)) > 0


def rank_within(group: Rows, order_by: np.ndarray) -> Rows:
    """(n,) each row's place, from 0, within its group by a value; equal values keep their order.

    >>> rank_within(np.array([7, 3, 7, 7]), np.array([0.5, 0.1, 0.2, 0.9])).tolist()
    [1, 0, 0, 2]
    """
    order = np.lexsort((order_by, group))
    _, starts, sizes = np.unique(group[order], return_index=True, return_counts=True)
    ranks = np.empty(len(group), np.int32)
    ranks[order] = np.arange(len(group)) - np.repeat(starts, sizes)
    return ranks


def after_last(pairs: Interactions, viewers: Rows, otherwise: int) -> Times:
    """(len(viewers),) one millisecond after each viewer's last pair; `otherwise` for a viewer without any."""
    last = np.full(len(pairs.viewers), otherwise - 1)
    last[pairs.viewer] = pairs.time  # in time order, so the last write is the latest
    return last[viewers] + 1


def by_warmth(
    truth: sparse.csr_array,
    known: Known,
    cold: Mask,
    exclude: sparse.csr_array,
    candidates: Mask | None = None,
    whole: Mask | None = None,
    apart: bool = True,
) -> tuple[Slice, ...]:
    """The slices all, warm and cold.

    Args:
        truth: (n_tested, n_videos) the positives to find.
        known: what the viewers are known by.
        cold: (n_videos,) the videos that count as cold.
        exclude: (n_tested, n_videos) masked pairs.
        candidates: (n_videos,) which videos may be ranked; all by default.
        whole: (n_tested,) who is tested in `all`; by default everyone with a positive.
        apart: whether warm and cold videos are each ranked among their own only, as where new videos have a place of
            their own; otherwise always among all candidates.
    """
    candidates = np.ones(len(cold), bool) if candidates is None else candidates
    parts: Sequence[tuple[str, Mask, Mask | None]] = (
        ("all", candidates, whole),
        ("warm", candidates & ~cold, None),
        ("cold", candidates & cold, None),
    )
    return tuple(
        Slice(name, only(truth, rows, among), among if apart else candidates, exclude, known)
        for name, among, rows in parts
    )


def warmth_fold(
    split: str, train: TrainingData, test: Interactions, viewers: Rows, now: Times, candidates: Mask | None = None
) -> Fold:
    """A fold whose viewers are known by their training events before `now`, and whose cold videos have none at all.

    Each slice is ranked among all candidates: nobody tells beforehand whether the next video will be a new one.
    """
    pairs = train.events.pairs()
    slices = by_warmth(
        pair_matrix(test, viewers),
        Known(pairs, now),
        ~seen_videos(train.events),
        pair_matrix(pairs, viewers),
        candidates,
        apart=False,
    )
    return Fold(split, split, train, viewers, slices)
