"""An experiment's outcome: how each variant does beside the control, how sure that is, and whether the split is sound.

Viewers are the unit of chance: takes of one viewer depend on each other. A take rate is a ratio of two sums over
viewers, its variance by the delta method (Deng, Knoblich and Lu, KDD 2018); a sample ratio that chance does not explain
makes everything else worthless (Fabijan et al., KDD 2019).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from recsys.errors import require
from recsys.schema import Doubles

UNSOUND = 0.001
"""A sample ratio as odd as this or odder says that something is wrong with the assignment or the logging."""


@dataclass(frozen=True, eq=False)
class Arm:
    """What became of one variant's viewers."""

    name: str
    weight: float
    """Its share of the viewers, as it was planned, above 0."""
    shown: Doubles  # (n_viewers,) videos shown to each, above 0
    taken: Doubles  # (n_viewers,) of them taken up

    def __post_init__(self) -> None:
        require(self.weight > 0, f"variant {self.name} has weight {self.weight}; it must be above 0")
        counts = len(self.shown), len(self.taken)
        require(counts[0] == counts[1], f"variant {self.name} has {counts[0]} viewers shown to, {counts[1]} taking")


@dataclass(frozen=True)
class ArmResult:
    """One variant's result; the numbers that need several viewers are None where there are too few."""

    name: str
    n_viewers: int
    n_shown: int
    n_taken: int
    rate: float | None
    """Taken of shown."""
    low: float | None
    high: float | None
    """95% interval of the rate."""
    uplift: float | None
    """Of the rate over the control's, relative; None for the control."""
    uplift_low: float | None
    uplift_high: float | None
    p: float | None
    """Two-sided, that the rates are the same."""


@dataclass(frozen=True)
class Report:
    """What came of an experiment."""

    arms: tuple[ArmResult, ...]
    """The control first."""
    ratio_p: float
    """How likely chance alone splits viewers at least as unevenly."""
    is_sound: bool
    """Whether the split can be trusted, and with it the rest."""


def report(arms: Sequence[Arm], level: float = 0.95) -> Report:
    """Compare variants with the first of them.

    Args:
        arms: the control first; at least one.
        level: of confidence, above 0 and below 1.

    >>> same = dict(shown=np.full(50, 10.0))
    >>> found = report([Arm("a", 1, taken=np.full(50, 1.0), **same), Arm("b", 1, taken=np.full(50, 2.0), **same)])
    >>> found.arms[1].uplift, found.is_sound
    (1.0, True)
    """
    require(len(arms) > 0, "an experiment has at least one variant")
    z = float(special.ndtri((1 + level) / 2))
    control = _estimate(arms[0])
    results = [_result(arm, _estimate(arm), None if at == 0 else control, z) for at, arm in enumerate(arms)]
    ratio_p = _ratio(arms)
    return Report(tuple(results), ratio_p, ratio_p >= UNSOUND)


@dataclass(frozen=True)
class _Estimate:
    rate: float
    variance: float


def _estimate(arm: Arm) -> _Estimate | None:
    """The rate and the variance of it over viewers; None with fewer than two viewers or nothing shown."""
    n = len(arm.shown)
    if n < 2 or not arm.shown.sum():
        return None
    rate = float(arm.taken.sum() / arm.shown.sum())
    residual = arm.taken - rate * arm.shown
    return _Estimate(rate, float(residual.var(ddof=1) / n / arm.shown.mean() ** 2))


def _result(arm: Arm, own: _Estimate | None, control: _Estimate | None, z: float) -> ArmResult:
    counts = arm.name, len(arm.shown), int(arm.shown.sum()), int(arm.taken.sum())
    if own is None:
        return ArmResult(*counts, *[None] * 7)
    half = z * own.variance**0.5
    interval = own.rate, max(own.rate - half, 0.0), min(own.rate + half, 1.0)
    if control is None or not control.rate:
        return ArmResult(*counts, *interval, *[None] * 4)
    ratio = own.rate / control.rate
    spread = z * (own.variance + ratio**2 * control.variance) ** 0.5 / control.rate
    error = (own.variance + control.variance) ** 0.5
    p = float(2 * special.ndtr(-abs(own.rate - control.rate) / error)) if error else float(own.rate == control.rate)
    return ArmResult(*counts, *interval, ratio - 1, ratio - 1 - spread, ratio - 1 + spread, p)


def _ratio(arms: Sequence[Arm]) -> float:
    """The p-value of a chi-squared test of how many viewers each variant has."""
    counts = np.array([len(one.shown) for one in arms], np.float64)
    weights = np.array([one.weight for one in arms], np.float64)
    if len(arms) < 2 or not counts.sum():
        return 1.0
    expected = counts.sum() * weights / weights.sum()
    return float(special.chdtrc(len(arms) - 1, ((counts - expected) ** 2 / expected).sum()))
