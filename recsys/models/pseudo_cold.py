"""A rehearsal of what is to come: hide some videos wholly and every viewer's latest, keep who liked them as truth."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from recsys.interactions import Interactions, Profiles, TrainingData, latest
from recsys.schema import Mask, Rows


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """Training data with a part hidden, and the hidden part."""

    train: TrainingData
    pairs: Interactions  # of `train`, folded
    truth: sparse.csr_array  # (n_viewers, n_videos) 1 where a hidden video was liked
    older: sparse.csr_array  # (n_viewers, n_videos) the part of `truth` on wholly hidden videos that is not recent
    cold: Mask  # (n_videos,) hidden wholly
    known: Mask  # (n_videos,) still with events
    viewers: Rows  # rows of viewers with something hidden and something left

    def profiles(self, viewers: Rows, k: int | None = None, n_tags: int = 0) -> Profiles:
        """Profiles of some viewers from what is left.

        Args:
            viewers: (n,) their rows.
            k: only the first k videos of each, all by default.
            n_tags: also state that many tags, those strongest among the videos they liked, each of weight 1.
        """
        full = Profiles.of(self.pairs, self.train.videos, self.train.as_of, viewers)
        stated = _strongest_tags(full, n_tags) if n_tags else full.tags
        return replace(full if k is None else _oldest(full, k), tags=stated)


def rehearse(data: TrainingData, hidden_videos: float, held_out: float, seed: int) -> Rehearsal:
    """Hide a share of the watched, tagged videos, and the latest share of what each viewer liked of the others.

    All that viewers ever liked of a hidden video is to be found, but only the latest of what they liked of the others:
    one hidden video attracts many times the likes of a known one. A list that mixes both must not learn from that, so
    `older` tells which likes of hidden videos are not among their viewer's latest. Without times nobody can tell, and
    it is empty.

    Args:
        data: all that may be learned from.
        hidden_videos: share of videos, 0 to 1.
        held_out: share of a viewer's liked videos.
        seed: equal times are broken at random, so that data without times is held out at random.
    """
    random = np.random.default_rng(seed)
    pairs = data.events.pairs()
    watched = np.flatnonzero((data.events.video_counts() > 0) & (np.diff(data.tags.indptr) > 0))
    cold = np.zeros(len(data.events.videos), bool)
    cold[random.choice(watched, int(len(watched) * hidden_videos), replace=False)] = True
    liked = pairs.weight > 0
    later = liked & ~cold[pairs.video]
    later[later] = latest(pairs.where(later), held_out, random)
    hidden = later | (cold[pairs.video] & liked)
    older = np.zeros(len(pairs), bool)
    if len(np.unique(pairs.time)) > 1:
        older[liked] = ~latest(pairs.where(liked), held_out, random)
        older &= cold[pairs.video]
    truth = _marked(pairs.where(hidden))
    gone = _keys(pairs.where(later | cold[pairs.video]))
    events = data.events.where(~np.isin(_keys(data.events), gone))
    left = events.pairs()
    some = np.bincount(left.viewer[left.weight > 0], minlength=len(pairs.viewers)) > 0
    found = np.flatnonzero(some & (np.diff(truth.indptr) > 0)).astype(np.int32)
    marked = _marked(pairs.where(older))
    return Rehearsal(replace(data, events=events), left, truth, marked, cold, events.video_events() > 0, found)


def _marked(pairs: Interactions) -> sparse.csr_array:
    """(n_viewers, n_videos) 1 at each pair."""
    return replace(pairs, weight=np.ones(len(pairs), np.float32)).matrix()


def _keys(events: Interactions) -> np.ndarray:
    return events.viewer.astype(np.int64) * len(events.videos) + events.video


def _oldest(profiles: Profiles, k: int) -> Profiles:
    """Only each viewer's first k liked videos."""
    liked = profiles.weights > 0
    newer_first = np.cumsum(liked) - np.concatenate([[0], np.cumsum(liked)])[profiles.indptr[:-1]][profiles.viewer]
    keep = liked & (newer_first > (profiles.n_liked - k)[profiles.viewer])
    counts = np.bincount(profiles.viewer[keep], minlength=len(profiles))
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return replace(
        profiles,
        indptr=indptr,
        index=profiles.index[keep],
        weights=profiles.weights[keep],
        ages_days=profiles.ages_days[keep],
    )


def _strongest_tags(profiles: Profiles, n_tags: int) -> sparse.csr_array:
    """(n, n_tags) 1 at each viewer's strongest tags."""
    liked = sparse.csr_array(profiles.history(np.maximum(profiles.weights, 0)) @ profiles.videos.tags)
    rows, columns = [], []
    for viewer in range(len(profiles)):
        span = slice(liked.indptr[viewer], liked.indptr[viewer + 1])
        best = liked.indices[span][np.argsort(-liked.data[span], kind="stable")[:n_tags]]
        rows.append(np.full(len(best), viewer))
        columns.append(best)
    at = (np.concatenate(rows), np.concatenate(columns))
    return sparse.coo_array((np.ones(len(at[0]), np.float32), at), shape=liked.shape).tocsr()
