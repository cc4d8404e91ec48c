"""Search the blend's weights: first where a convex loss is least, then uphill in NDCG itself.

A blended score is linear in the corner weights, so the chance that a softmax over a list gives to what was liked is
log-concave in them: one optimum, found by L-BFGS in a second. A few rounds of coordinate search then climb in NDCG@20.
Both look at three lists a viewer: new and known videos mixed, known alone, new alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from recsys.models.blend import Blend
from recsys.schema import Floats, Mask

STEPS = (0.0, 0.5, 0.7, 1.4, 2.0)
START = 0.05
"""What coordinate search tries for a weight that is 0, as a share of the largest."""
LEAST_GAIN = 3e-4
"""Smaller gains in NDCG are noise at the size of a rehearsal."""


@dataclass(frozen=True, eq=False)
class Case:
    """Candidates of some viewers."""

    features: Floats  # (n, n_candidates, n_weights) the score is features @ weights
    truth: Mask  # (n, n_candidates) was liked
    cold: Mask  # (n, n_candidates) plays a new video
    shown: Mask  # (n, n_candidates) false for padding and what the viewer had

    def lists(self) -> Iterator[tuple[Mask, Mask]]:
        """Candidates and truth of each list: mixed, known alone, new alone."""
        for part in (self.shown, self.shown & ~self.cold, self.shown & self.cold):
            yield part, self.truth & part


def fit_blend(cases: list[Case], start: Blend, rounds: int = 2) -> Blend:
    """The weights that rank the truth of all cases best; the largest is 1."""
    corners = _most_likely(cases).reshape(start.corners.shape)
    corners = corners / corners.max() if corners.max() > 0 else start.corners.copy()
    best = _value(cases, corners)
    for _ in range(rounds):
        for place in np.ndindex(corners.shape):
            corners, best = _try(cases, corners, place, best)
    return replace(start, corners=(corners / corners.max()).astype(np.float32))


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
    lists = [
        (case.features[has], shown[has], truth[has] / truth[has].sum(1, keepdims=True))
        for case in cases
        for shown, truth in case.lists()
        if (has := truth.any(1)).any()
    ]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = penalty * (weights**2).sum(), 2 * penalty * weights
        for features, shown, truth in lists:
            scores = np.where(shown, features @ weights.astype(np.float32), -np.inf)
            scores -= scores.max(1, keepdims=True)
            chance = np.exp(scores)
            total = chance.sum(1, keepdims=True)
            share = 1 / (len(features) * len(lists))
            value -= share * (truth * np.where(shown, scores - np.log(total), 0)).sum()
            slope = slope + share * ((chance / total - truth).reshape(-1) @ features.reshape(-1, n_weights))
        return float(value), slope.astype(np.float64)

    start = np.full(n_weights, 0.3)
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * n_weights).x.astype(np.float32)


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
    """Mean NDCG@20 over cases and lists."""
    values = []
    for case in cases:
        scores = case.features @ corners.ravel()
        values += [ndcg(np.where(shown, scores, -np.inf), truth) for shown, truth in case.lists()]
    return float(np.mean(values))
