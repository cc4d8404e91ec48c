"""What tags are worth to viewers: accuracy with them, without them, and without what was not yet known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from recsys.errors import require
from recsys.evaluation.folds import Fold, Slice
from recsys.evaluation.measure import evaluate
from recsys.evaluation.metrics import ndcg, top_k
from recsys.evaluation.significance import intervals
from recsys.interactions import TrainingData, Videos
from recsys.models.base import Scorer
from recsys.schema import Doubles, Rows

Fit = Callable[[TrainingData], Scorer]
MOST_SCORES = 4_000_000
"""Viewers × videos that are scored again for each tag."""


@dataclass(frozen=True)
class Lift:
    """What some tags add: the accuracy with them minus that without, on the same viewers."""

    name: str
    """A tag, a source, or a way to tag."""
    value: float
    """NDCG of the lists without, 0 to 1, the mean over viewers; for a way to tag, of its own lists."""
    low: float
    high: float
    """95% bootstrap interval of the value."""
    lift: float
    lift_low: float
    lift_high: float
    """95% bootstrap interval of the lift, viewers paired."""
    n_viewers: int

    @property
    def verdict(self) -> str:
        """`helps`, `harms`, or `unclear` where the interval holds 0."""
        return "helps" if self.lift_low > 0 else "harms" if self.lift_high < 0 else "unclear"


def compared(
    fold: Fold, variants: Mapping[str, sparse.csr_array], fit: Fit, part: str = "cold", k: int = 10, seed: int = 0
) -> list[Lift]:
    """Fit and measure anew with other tags: the first variant is what the others are compared with.

    Args:
        fold: the questions; only its tags are exchanged.
        variants: (n_videos, n_tags) tag vectors by name; all with the same columns.
        fit: how to fit.
        part: the slice that is asked; nowhere do tags matter more than in `cold`.
        k: cut-off of NDCG.
        seed: of the bootstrap.

    Returns:
        One per variant; `lift` is the first one's NDCG minus its own, so that of the first is 0.

    Raises:
        DataError: no variant, or the fold has no such slice.
    """
    require(len(variants) > 0, "no variant of the tags is given; the first is what the others are compared with")
    asked = replace(fold, slices=(_slice(fold, part),))
    columns = []
    for tags in variants.values():
        retagged = replace(asked, train=replace(fold.train, tags=tags))
        columns.append(evaluate(fit(retagged.train), retagged, (k,), ("ndcg",))[part][f"ndcg@{k}"])
    return lifts(list(variants), np.column_stack(columns), columns[0], seed)


def tag_lift(
    scorer: Scorer, fold: Fold, rows: Rows, names: Sequence[str], part: str = "cold", k: int = 10, seed: int = 0
) -> list[Lift]:
    """What a fitted model gets from single tags: each is taken off every video, past ones too, and lists made anew.

    The model is not fitted again, so this is what the tag says beyond the others now, not what they could take over.

    Args:
        scorer: fitted on `fold.train`.
        fold: the questions; of very many viewers and videos, some viewers are asked.
        rows: (n,) columns of the tag vectors.
        names: (n,) of those tags.
        part: the slice that is asked.
        k: cut-off of NDCG.
        seed: of the choice of viewers, and of the bootstrap.

    Raises:
        DataError: the fold has no such slice.

    Returns:
        In the order of `rows`.
    """
    n_candidates = max(int(_slice(fold, part).candidates.sum()), 1)
    some = fold.sampled(max(MOST_SCORES // n_candidates, 50), seed)
    whole = _ndcg(scorer, some, part, fold.train.tags, k)
    columns = [_ndcg(scorer, some, part, without(fold.train.tags, int(row)), k) for row in rows]
    return lifts(names, np.column_stack(columns), whole, seed) if columns else []


def without(tags: sparse.csr_array, column: int) -> sparse.csr_array:
    """(n_videos, n_tags) the vectors without one tag, their lengths as before; a video without another tag has none."""
    kept = tags.copy()
    at = kept.indices == column
    row = np.repeat(np.arange(kept.shape[0]), np.diff(kept.indptr))
    before = np.bincount(row, kept.data.astype(np.float64) ** 2, kept.shape[0])
    after = before - np.bincount(row[at], kept.data[at].astype(np.float64) ** 2, kept.shape[0])
    scale = np.sqrt(np.divide(before, after, out=np.ones(len(after)), where=after > 1e-9))
    touched = np.zeros(kept.shape[0], bool)
    touched[row[at]] = True
    kept.data = np.where(at, 0, np.where(touched[row], kept.data * scale[row], kept.data)).astype(np.float32)
    kept.eliminate_zeros()
    return kept


def lifts(names: Sequence[str], values: Doubles, reference: Doubles, seed: int = 0) -> list[Lift]:
    """Means, lifts and their intervals.

    Args:
        names: (n,) of the columns.
        values: (n_viewers, n) NDCG without each.
        reference: (n_viewers,) NDCG with all.
        seed: of the bootstrap.
    """
    difference = reference[:, None] - values
    own, gained = intervals(values, seed), intervals(difference, seed)
    found = []
    for at, name in enumerate(names):
        ok = ~np.isnan(difference[:, at])
        n, mean = int(ok.sum()), float(values[ok, at].mean()) if ok.any() else np.nan
        gain = float(difference[ok, at].mean()) if n else np.nan
        (low, high), (least, most) = own[at].tolist(), gained[at].tolist()
        found.append(Lift(name, mean, low, high, gain, least, most, n))
    return found


def _slice(fold: Fold, part: str) -> Slice:
    parts = {one.name: one for one in fold.slices}
    require(part in parts, f"the fold has no slice {part!r}; it has {', '.join(parts)}")
    return parts[part]


def _ndcg(scorer: Scorer, fold: Fold, name: str, tags: sparse.csr_array, k: int) -> Doubles:
    """(n_tested,) with these tags on all videos; NaN for who is not tested."""
    part = _slice(fold, name)
    columns = np.flatnonzero(part.candidates).astype(np.int32)
    tested = np.flatnonzero(part.viewers_tested).astype(np.int32)
    profiles = fold.profiles(part.known).take(tested)
    seen = fold.train.events.video_events() > 0
    rows = np.where(seen, np.arange(len(seen)), -1).astype(np.int32)  # of the others, only these tags are known
    videos = Videos(rows, tags)
    scores = scorer.score(replace(profiles, videos=videos), videos.take(columns))
    truth, exclude = part.truth[tested][:, columns], part.exclude[tested][:, columns]
    found = np.full(len(fold.viewers), np.nan)
    found[tested] = ndcg(top_k(scores, k, exclude, truth=truth), truth)
    return found
