"""Calibration: from a source's own confidence to the chance that it is right, by Platt's sigmoid or by isotonic steps.

Platt, "Probabilistic outputs for support vector machines" (1999), with his smoothed targets; here on the log-odds of
the confidence instead of a margin. Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass
probability estimates" (2002) for the isotonic one.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit, logit

from recsys.errors import require
from recsys.schema import Doubles, Mask

EDGE = 1e-3
"""Confidences and chances are kept this far from 0 and 1: nobody is sure beyond doubt."""
ENOUGH, PLENTY = 12, 1000
"""How many labelled confidences, of both kinds, a sigmoid takes; how many make isotonic steps better than it."""
Kind = Literal["platt", "isotonic", "auto"]


@dataclass(frozen=True)
class Platt:
    """p = sigmoid(slope · logit(confidence) + offset)."""

    slope: float
    offset: float

    def __call__(self, confidence: Doubles) -> Doubles:
        """(n,) chances of (n,) confidences."""
        return clipped(expit(self.slope * logit(clipped(confidence)) + self.offset))


@dataclass(frozen=True)
class Isotonic:
    """Steps that never fall, straight between them, flat beyond the ends."""

    confidences: tuple[float, ...]
    chances: tuple[float, ...]

    def __call__(self, confidence: Doubles) -> Doubles:
        """(n,) chances of (n,) confidences."""
        return clipped(np.interp(confidence, self.confidences, self.chances))


Calibrator = Platt | Isotonic
PRIOR = Platt(0.5, -1.0)
"""For a source that nobody has labelled: models boast, so their confidence is drawn towards a half and below."""


def fit_calibrator(confidence: Doubles, is_right: Mask, kind: Kind = "auto", prior: Platt = PRIOR) -> Calibrator:
    """Learn how far a source can be believed.

    Args:
        confidence: (n,) in [0, 1].
        is_right: (n,) whether the tag was true.
        kind: auto takes isotonic steps from `PLENTY` on, else a sigmoid.
        prior: taken where fewer than `ENOUGH` are labelled, or all of one kind.

    >>> fit_calibrator(np.full(40, 0.9), np.arange(40) < 10)(np.array([0.9])).round(2).tolist()
    [0.25]
    """
    require(
        len(confidence) == len(is_right), f"{len(confidence)} confidences and {len(is_right)} labels; each needs one"
    )
    if len(confidence) < ENOUGH or is_right.all() or not is_right.any():
        return prior
    if kind == "isotonic" or (kind == "auto" and len(confidence) >= PLENTY):
        return _isotonic(confidence, is_right)
    return _platt(confidence, is_right, prior)


def _platt(confidence: Doubles, is_right: Mask, prior: Platt) -> Platt:
    """Least log-loss with smoothed targets, and a weak pull to the prior's slope: one confidence leaves it open."""
    odds, n_right = logit(clipped(confidence)), int(is_right.sum())
    high, low = (n_right + 1) / (n_right + 2), 1 / (len(is_right) - n_right + 2)
    targets = np.where(is_right, high, low)

    def loss(given: Doubles) -> float:
        fitted = given[0] * odds + given[1]
        return float((np.logaddexp(0, fitted) - targets * fitted).sum() + 0.5 * (given[0] - prior.slope) ** 2)

    slope, offset = minimize(loss, np.array([prior.slope, prior.offset]), method="BFGS").x
    return Platt(max(float(slope), 0.0), float(offset))


def _isotonic(confidence: Doubles, is_right: Mask) -> Isotonic:
    """Steps by pooling neighbours, each at its mean confidence and drawn towards the whole by one label."""
    values, at = np.unique(confidence, return_inverse=True)
    n, right = np.bincount(at).astype(np.float64), np.bincount(at, is_right.astype(np.float64))
    starts = isotonic_regression(right / n, weights=n).blocks[:-1]
    many, stated, true = (np.add.reduceat(each, starts) for each in (n, n * values, right))
    chances = np.maximum.accumulate((true + is_right.mean()) / (many + 1))
    return Isotonic(tuple((stated / many).tolist()), tuple(chances.tolist()))


def clipped(chance: Doubles) -> Doubles:
    """Within `EDGE` and 1 - `EDGE`."""
    return np.clip(chance, EDGE, 1 - EDGE)


def reliability(chance: Doubles, is_right: Mask, n_bins: int = 10) -> tuple[list[tuple[float, float, int]], float]:
    """How well stated chances keep their word.

    Args:
        chance: (n,) in [0, 1].
        is_right: (n,) what was true.
        n_bins: of equal width.

    Returns:
        For each bin that is not empty the mean chance, the share that was true and how many; and the expected
        calibration error, the mean distance of both weighed by how many.

    >>> reliability(np.array([0.9, 0.9, 0.1, 0.1]), np.array([True, False, False, False]))
    ([(0.1, 0.0, 2), (0.9, 0.5, 2)], 0.25)
    """
    bins = np.minimum((chance * n_bins).astype(int), n_bins - 1)
    rows = []
    for one in np.unique(bins):
        inside = bins == one
        rows.append(
            (round(float(chance[inside].mean()), 6), round(float(is_right[inside].mean()), 6), int(inside.sum()))
        )
    error = sum(abs(mean - share) * n for mean, share, n in rows) / max(len(chance), 1)
    return rows, round(error, 6)
