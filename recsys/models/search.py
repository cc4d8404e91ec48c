"""Search the blend's weights: first where a convex loss is least, then uphill in NDCG itself.

A blended score is linear in the corner weights, so the chance that a softmax over a list gives to what was liked is
log-concave in them: one optimum, found by L-BFGS in a second. A few rounds of coordinate search then climb in NDCG@20.
Both look at three lists a viewer: new and known videos mixed, known alone, new alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from recsys.models.blend import CORES, DEFAULT, Blend
from recsys.schema import Floats, Mask

STEPS = (0.0, 0.5, 0.7, 1.4, 2.0)
START = 0.05
"""What coordinate search tries for a weight that is 0, as a share of the largest."""
TRACE = 0.1
"""Part of the default's weights that a new viewer gets at least."""
LEAST_GAIN = 3e-4
"""Smaller gains in NDCG are noise at the size of a rehearsal."""


@dataclass(frozen=True, eq=False)
class Case:
    """Candidates of some viewers."""

    features: Floats  # (n, n_candidates, n_weights) the score is features @ weights
    truth: Mask  # (n, n_candidates) was liked
    cold: Mask  # (n, n_candidates) plays a new video
    shown: Mask  # (n, n_candidates) false for padding and what the viewer had
    older: Mask  # (n, n_candidates) liked too long ago to stand in the mixed list

    def lists(self) -> Iterator[tuple[Mask, Mask]]:
        """Candidates and truth of each list: mixed, known alone, new alone."""
        for part in (self.shown & ~self.older, self.shown & ~self.cold, self.shown & self.cold):
            yield part, self.truth & part


def fit_blend(cases: list[Case], start: Blend, rounds: int = 2) -> Blend:
    """The weights that rank the truth of all cases best; the largest is 1."""
    corners = _most_likely(cases).reshape(start.corners.shape)
    corners = corners / corners.max() if corners.max() > 0 else start.corners.copy()
    best = _value(cases, corners)
    for _ in range(rounds):
        for place in np.ndindex(corners.shape):
            corners, best = _try(cases, corners, place, best)
    return replace(start, corners=_floored(corners / corners.max()))


def _floored(corners: Floats) -> Floats:
    """With the default's weights at the first knot at least, as far as popularity counts there, and a trace of that.

    Held-out likes of known viewers, who had what is popular before, say little of what somebody new should see: where
    popularity is found to serve new viewers best, the tags they state shall still be heard beside it.
    """
    kept = corners.astype(np.float32)
    if kept.shape == DEFAULT.corners.shape:
        least, popularity = DEFAULT.corners[:, 0], CORES.index("popularity")
        share = np.clip(kept[popularity, 0, 1] / least[popularity, 1], TRACE, 1)
        kept[:, 0] = np.maximum(kept[:, 0], least * share)
    return kept


def ndcg(scores: Floats, truth: Mask, k: int = 20) -> float:
    """Mean NDCG@k over the rows that have a truth, 0 without one.

    Args:
        scores: (n, n_candidates); -inf is never ranked above a number.
        truth: (n, n_candidates).
        k: length of the list.

    >>> ndcg(np.array([[3.0, 2.0, 1.0]]), np.array([[True, False, False]]))
    1.0
    """
    has = truth.any(1)
    if not has.any():
        return 0.0
    scores, truth = scores[has], truth[has]
    k = min(k, scores.shape[1])
    top = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    top = np.take_along_axis(top, np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable"), 1)
    gain = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(gain)[np.minimum(truth.sum(1), k) - 1]
    return float(((np.take_along_axis(truth, top, 1) * gain).sum(1) / ideal).mean())


def _most_likely(cases: list[Case], penalty: float = 1e-3) -> Floats:
    """(n_weights,) the non-negative weights under which a softmax over each list makes its truth likeliest."""
    n_weights = cases[0].features.shape[-1]
    asked = [(case.features, [_list(shown, truth) for shown, truth in case.lists()]) for case in cases]
    n_lists = sum(len(one.has) for _, lists in asked for one in lists if one.has.any())
    if not n_lists:
        return np.zeros(n_weights, np.float32)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = penalty * (weights**2).sum(), 2 * penalty * weights
        for features, lists in asked:
            scores = features @ weights.astype(np.float32)
            pull = np.zeros_like(scores)
            for one in lists:
                lost, towards = one.surprise(scores)
                share = len(one.has) / n_lists
                value += lost * share
                pull += towards * np.float32(share)
            slope = slope + pull.reshape(-1) @ features.reshape(-1, n_weights)
        return float(value), slope.astype(np.float64)

    start = np.full(n_weights, 0.3)
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * n_weights).x.astype(np.float32)


@dataclass(frozen=True, eq=False)
class _List:
    """One list a viewer: what is shown, and how its truth is shared out."""

    shown: Mask  # (n, n_candidates)
    share: Floats  # (n, n_candidates) of each viewer's truth, summing to 1 where there is one
    has: Mask  # (n, 1) whether there is one

    def surprise(self, scores: Floats) -> tuple[float, Floats]:
        """Mean cross-entropy of the softmax over what is shown, and (n, n_candidates) its slope in the scores."""
        held = np.where(self.shown, scores, -np.inf)
        held = np.where(self.has, held, 0)
        held = held - held.max(1, keepdims=True)
        chance = np.exp(held)
        total = chance.sum(1, keepdims=True)
        n = max(int(self.has.sum()), 1)
        lost = -(self.share * np.where(self.shown, held - np.log(total), 0)).sum() / n
        return float(lost), np.where(self.has, (chance / total - self.share) / n, 0).astype(np.float32)


def _list(shown: Mask, truth: Mask) -> _List:
    count = truth.sum(1, keepdims=True)
    return _List(shown, (truth / np.maximum(count, 1)).astype(np.float32), count > 0)


def _try(cases: list[Case], corners: Floats, place: tuple[int, ...], best: float) -> tuple[Floats, float]:
    """The best of one weight's neighbours, or things as they were."""
    now = float(corners[place])
    for value in [now * step for step in STEPS] if now else [START * float(corners.max())]:
        trial = corners.copy()
        trial[place] = value
        found = _value(cases, trial)
        if found > best + LEAST_GAIN:
            corners, best = trial, found
    return corners, best


def _value(cases: list[Case], corners: Floats) -> float:
    """Mean NDCG@20 over lists and cases, a case counting by its number of viewers."""
    values = []
    for case in cases:
        scores = case.features @ corners.ravel()
        values.append(np.mean([ndcg(np.where(shown, scores, -np.inf), truth) for shown, truth in case.lists()]))
    return float(np.average(values, weights=[len(case.truth) for case in cases]))
