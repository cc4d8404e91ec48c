"""The two cold starts: videos that nobody had yet, and viewers who did little or nothing yet."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from recsys.errors import require
from recsys.evaluation.folds import Fold, Known, Slice, pair_matrix
from recsys.evaluation.holdout import after_last, by_warmth, first_likes, is_in, rank_within, seen_videos
from recsys.interactions import Interactions, TrainingData, latest
from recsys.schema import Mask, Rows

TARGET_SHARE = 0.3
"""Part of a new viewer's positives that is to be found."""
LEAST_POSITIVES = 3
"""A viewer with fewer cannot be asked about with something left to reveal."""


def cold_videos(data: TrainingData, share: float = 0.2, seed: int = 0, fold: int = 0, warm_share: float = 0.1) -> Fold:
    """Hide all the events of a random share of the videos; their tags stay.

    The protocol of GAR, ALDI and ColdRec: part of the other videos' positives is held out as well, so that a list
    that mixes both means something. We hold out each viewer's latest, where they hold out any: nobody is asked to
    recommend the past. Equal times are broken at random. Slices: all (among all videos), warm (among the others), cold
    (among the hidden). A hidden video is to be found by all who ever liked it, far more than like any video anew, so in
    `all` their older likes are masked: hidden and other videos then have the same chance to be the truth. A video that
    nobody liked is never hidden.

    Args:
        data: everything known.
        share: part of the videos to hide, above 0 and up to 1.
        seed: fixes who is hidden.
        fold: which of the int(1 / share) disjoint parts to hide, from 0.
        warm_share: part of each viewer's positives on the other videos to hold out, right on average; every video
            keeps at least one event.

    >>> from recsys.evaluation.toy import toy
    >>> fold = cold_videos(toy("ann: x y; bob: x y; cat: x"), share=0.5, warm_share=0)
    >>> hidden = fold.slices[2].candidates
    >>> int(hidden.sum()), hidden[fold.train.events.video].any()
    (1, np.False_)
    """
    require(0 < share <= 1, f"share is {share}; it must be above 0 and at most 1")
    require(0 <= fold < int(1 / share), f"fold is {fold}; a share of {share} makes folds 0 to {int(1 / share) - 1}")
    require(0 <= warm_share < 1, f"warm_share is {warm_share}; it must be at least 0 and below 1")
    likes = first_likes(data.events)
    hidden = _hide_videos(likes, share, seed, fold)
    held = _hold_out_warm(data.events, likes, hidden, warm_share, np.random.default_rng([seed, fold]))
    test = likes.where(hidden[likes.video] | held)
    kept = data.events.where(~hidden[data.events.video] & ~is_in(data.events, likes.where(held)))
    viewers = np.unique(test.viewer)
    pairs = kept.pairs()
    known = Known(pairs, after_last(pairs, viewers, data.as_of))
    truth, had = pair_matrix(test, viewers), pair_matrix(pairs, viewers)
    _, warm, cold = by_warmth(truth, known, hidden, had)
    older = pair_matrix(test.where(_older(likes, test, hidden, warm_share, data.events, seed)), viewers)
    mixed = Slice("all", _cleared(truth - older), np.ones(len(hidden), bool), _cleared((had + older).sign()), known)
    return Fold(f"cold_videos {fold}", "cold_videos", replace(data, events=kept), viewers, (mixed, warm, cold))


def _cleared(matrix: sparse.csr_array) -> sparse.csr_array:
    """The same without stored zeros."""
    kept = sparse.csr_array(matrix)
    kept.eliminate_zeros()
    return kept


def _older(
    likes: Interactions, test: Interactions, hidden: Mask, share: float, events: Interactions, seed: int
) -> Mask:
    """(n_test,) which likes of hidden videos are not among their viewer's latest; none without times or a share."""
    if len(np.unique(events.time)) < 2 or share == 0:
        return np.zeros(len(test), bool)
    recent = likes.where(latest(likes, share, np.random.default_rng([seed, 1])))
    return hidden[test.video] & ~is_in(test, recent)


def _hide_videos(likes: Interactions, share: float, seed: int, fold: int) -> Mask:
    liked = np.random.default_rng(seed).permutation(np.flatnonzero(seen_videos(likes)))
    edges = np.round(np.arange(fold, fold + 2) * len(liked) * share).astype(int)
    hidden = np.zeros(len(likes.videos), bool)
    hidden[liked[edges[0] : edges[1]]] = True
    return hidden


def _hold_out_warm(
    events: Interactions, likes: Interactions, hidden: Mask, share: float, rng: np.random.Generator
) -> Mask:
    """(n_likes,) which positives of the other videos to hold out; a video's last events are put back."""
    held = ~hidden[likes.video]
    held[held] = latest(likes.where(held), share, rng)
    left = events.where(~is_in(events, likes.where(held)))
    return held & seen_videos(left)[likes.video]


def cold_viewers(
    data: TrainingData,
    share: float = 0.2,
    ks: Sequence[int] = (0, 1, 2, 5, 10),
    n_tags: int = 5,
    seed: int = 0,
    viewers: Rows | None = None,
) -> Fold:
    """Keep some viewers out of training whole, and ask about each with the first k of their positives revealed.

    Strong generalisation (Liang et al. 2018). Of each viewer's positives 30%, at random, are to be found; of the
    rest the first k in time are revealed (all of them where there are fewer). The targets and the masked videos
    (the whole rest) are the same for every k, so that slices compare. Slices: k0, k1, …, and k0_tags5, where the
    viewer states the 5 tags that weigh most in the rest: kinder than real viewers, who pick worse.

    Args:
        data: everything known.
        share: part of the viewers with at least three positives to keep out, above 0 and up to 1.
        ks: how many positives to reveal.
        n_tags: how many tags are stated in the slice `k0_tags<n>`; 0 leaves that slice out.
        seed: fixes who is kept out, and their targets.
        viewers: rows of the viewers to keep out, instead of `share`; those with too few positives are not asked.

    >>> from recsys.evaluation.toy import toy
    >>> fold = cold_viewers(toy("ann: x y z; bob: x"), share=1, ks=(0, 2), n_tags=0)
    >>> [len(part.known.pairs) for part in fold.slices], fold.slices[1].truth.nnz, len(fold.train.events)
    ([0, 2], 1, 1)
    """
    require(0 < share <= 1, f"share is {share}; it must be above 0 and at most 1")
    require(min(ks, default=0) >= 0, f"ks is {tuple(ks)}; each must be at least 0")
    rng = np.random.default_rng(seed)
    likes = first_likes(data.events)
    able = np.flatnonzero(np.bincount(likes.viewer, minlength=len(likes.viewers)) >= LEAST_POSITIVES)
    out = np.sort(rng.permutation(able)[: round(len(able) * share)]) if viewers is None else np.unique(viewers)
    tested = np.intersect1d(out, able)
    own = likes.where(np.isin(likes.viewer, tested))
    target = _targets(own, rng)
    rest = own.where(~target)
    slices = _known_by_k(data, tested, pair_matrix(own.where(target), tested), rest, ks, n_tags)
    train = replace(data, events=data.events.where(~np.isin(data.events.viewer, out)))
    return Fold("cold_viewers", "cold_viewers", train, tested.astype(np.int32), slices)


def _targets(likes: Interactions, rng: np.random.Generator) -> Mask:
    counts = np.bincount(likes.viewer, minlength=len(likes.viewers))
    n_targets = np.maximum((counts * TARGET_SHARE).astype(int), 1)
    return rank_within(likes.viewer, rng.random(len(likes))) < n_targets[likes.viewer]


def _known_by_k(
    data: TrainingData, tested: Rows, truth: sparse.csr_array, rest: Interactions, ks: Sequence[int], n_tags: int
) -> tuple[Slice, ...]:
    place = rank_within(rest.viewer, np.arange(len(rest)))
    masked, everything = pair_matrix(rest, tested), np.ones(len(rest.videos), bool)

    def known(k: int, stated: sparse.csr_array | None = None) -> Known:
        pairs = rest.where(place < k).pairs()
        return Known(pairs, after_last(pairs, tested, data.as_of), stated)

    stating = {f"k0_tags{n_tags}": known(0, strongest_tags(masked @ data.tags, n_tags))} if n_tags else {}
    by_name = stating | {f"k{k}": known(k) for k in ks}
    return tuple(Slice(name, truth, everything, masked, one) for name, one in by_name.items())


def strongest_tags(mixes: sparse.csr_array, n: int) -> sparse.csr_array:
    """The n heaviest tags of each row, each as weight 1; fewer where a row has fewer, ties to the lower tag.

    >>> strongest_tags(sparse.csr_array([[0.2, 0.0, 0.9, 0.5]]), 2).toarray().tolist()
    [[0.0, 0.0, 1.0, 1.0]]
    """
    row, tag = mixes.nonzero()
    weight = np.asarray(mixes[row, tag]).ravel()
    order = np.lexsort((tag, row))
    keep = order[(rank_within(row[order], -weight[order]) < n) & (weight[order] > 0)]
    return sparse.coo_array((np.ones(len(keep), np.float32), (row[keep], tag[keep])), shape=mixes.shape).tocsr()
