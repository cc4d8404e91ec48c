"""What another policy would have been worth, from the logs of the one that ran: IPS, SNIPS and doubly robust.

A log says what was shown, how likely that was, and what came of it. An impression that the other policy would have
shown twice as often counts twice. That holds only where the logged probabilities are true and nowhere 0 where the
other policy goes, and it says something only while enough impressions carry the weight: so each estimate comes with
its effective sample size, and propensities that cannot be are refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys.errors import ConfigError, require
from recsys.evaluation.logged import Logged
from recsys.schema import Doubles

Reading = Literal["slot", "cascade"]
METHODS = ("logged", "ips", "snips", "dr")
LEAST_ESS = 100.0
"""Below so many effective impressions an estimate is not `enough`: normal intervals and bootstraps both fail there."""
CHUNK = 4_000_000
"""How many drawn units are in memory at once."""


@dataclass(frozen=True)
class Estimate:
    """The value of a policy, in rewards per request, and how much there is to go by."""

    method: str
    """`logged` is what came of the policy that ran; `ips`, `snips` and `dr` estimate the other one."""
    value: float
    low: float
    high: float
    """Ends of the bootstrap interval. All three are NaN for `snips` where a position carries no weight at all."""
    ess: float
    """Effective sample size, (Σw)² / Σw² (Kish 1965), at the position where it is smallest; 0 where no weight is."""
    mean_weight: float
    """About 1 where the logs cover the other policy; well below, it would show what was hardly ever logged. Of the
    position where it lies farthest from 1; before clipping."""
    clipped: float
    """Share of the impressions whose weight was cut, 0 to 1."""
    n_impressions: int
    n_requests: int
    n_units: int
    """Viewers or requests that were resampled."""
    enough: bool
    """Whether `ess` reaches the least that says anything; if not, read neither value nor interval."""

    def line(self) -> str:
        """For people."""
        found = f"{self.method}: {self.value:.4f} [{self.low:.4f}, {self.high:.4f}] per request"
        by = f"effective sample size {self.ess:,.0f} of {self.n_requests:,}, mean weight {self.mean_weight:.2f}"
        cut = f", {self.clipped:.1%} of weights clipped" if self.clipped else ""
        return f"{found}; {by}{cut}{'' if self.enough else '; TOO FEW to say anything'}"


def off_policy(
    logged: Logged,
    reading: Reading = "slot",
    clip: float | None = None,
    seed: int = 0,
    n_resamples: int = 1000,
    level: float = 0.95,
    least_ess: float = LEAST_ESS,
) -> tuple[Estimate, ...]:
    """Estimate the value of the policy whose probabilities are `logged.wanted`.

    - `ips`: mean of weight · reward (Horvitz and Thompson 1952). Unbiased without clipping, of high variance.
    - `snips`: per position, divided by the sum of the weights, not their number (Swaminathan and Joachims 2015).
      Slightly biased, steadier, and never outside the range of the rewards.
    - `dr`: a model's expectation under the other policy, corrected by the weighted error that the model made on what
      was shown (Dudík et al. 2011; over positions Kiyohara et al. 2022). Unbiased if the propensities are true or the
      model is; only where `logged` has a model's predictions.

    Args:
        logged: the impressions.
        reading: what the weight of an impression is. `slot`: the ratio of its own two probabilities; exact for one
            video a request, or where propensities are marginal and a reward depends on nothing else in the list (Li
            et al. 2018). `cascade`: the product of the ratios of its position and all above it in the request; exact
            where propensities are given the videos above and a reward depends on nothing below (McInerney et al.
            2020).
        clip: weights above it are cut to it, which trades variance for bias towards less; above 0, no cut by default.
        seed: fixes the bootstrap.
        n_resamples: how often the units are drawn again, whole, with replacement; at least 1.
        level: of confidence, above 0 and below 1.
        least_ess: effective impressions below which an estimate is flagged.

    Returns:
        In the order of `METHODS`.

    Raises:
        ConfigError: an option out of its range.
    """
    _check(clip, n_resamples, level, reading)
    full, above = weights(logged, reading)
    cut, above = (full, above) if clip is None else (np.minimum(full, clip), np.minimum(above, clip))
    sums = _sums(logged, cut, above)
    drawn = _resampled(sums, seed, n_resamples)
    tail = (1 - level) / 2
    found = []
    for method in METHODS if logged.predicted is not None else METHODS[:3]:
        own = method == "logged"
        value = float(_value(method, sums.sum(0, keepdims=True), logged.n_positions)[0])
        low, high = _ends(_value(method, drawn, logged.n_positions), tail)
        ess = float(len(logged.requests)) if own else min(effective(cut[at]) for at in logged.at_positions())
        mean = 1.0 if own else _farthest(full, logged)
        clipped = 0.0 if own else float((full > cut).mean())
        counts = len(logged), len(logged.requests), len(sums)
        found.append(Estimate(method, value, low, high, ess, mean, clipped, *counts, enough=ess >= least_ess))
    return tuple(found)


def weights(logged: Logged, reading: Reading = "slot") -> tuple[Doubles, Doubles]:
    """Importance weights, 0 or above; see `off_policy`.

    Returns:
        (n,) the weight of each impression; (n,) that of what stands above it in its list, 1 at the top and for `slot`.
    """
    ratio = logged.wanted / logged.propensity
    if reading == "slot":
        return ratio, np.ones(len(ratio))
    weight, above, so_far = np.empty(len(ratio)), np.empty(len(ratio)), np.ones(len(logged.requests))
    for rows in logged.at_positions():
        list_ = logged.rank_of_request[rows]
        above[rows] = so_far[list_]
        so_far[list_] *= ratio[rows]
        weight[rows] = so_far[list_]
    return weight, above


def effective(weight: Doubles) -> float:
    """Effective sample size, (Σw)² / Σw²: how many equally weighted impressions would say as much.

    >>> effective(np.array([1.0, 1.0, 0.0, 0.0])), effective(np.zeros(3))
    (2.0, 0.0)
    """
    squares = float((weight**2).sum())
    return float(weight.sum() ** 2 / squares) if squares else 0.0


def _check(clip: float | None, n_resamples: int, level: float, reading: str) -> None:
    require(clip is None or clip > 0, f"clip is {clip}; it must be above 0, or None not to clip", ConfigError)
    require(n_resamples >= 1, f"n_resamples is {n_resamples}; it must be at least 1", ConfigError)
    require(0 < level < 1, f"level is {level}; it must be above 0 and below 1", ConfigError)
    require(reading in ("slot", "cascade"), f"reading is {reading!r}; it must be slot or cascade", ConfigError)


def _sums(logged: Logged, weight: Doubles, above: Doubles) -> Doubles:
    """(n_units, 3 + 2 · n_positions) all that any estimate is made of, for the units that have a request.

    Requests, rewards, the doubly robust terms, then per position the weighted rewards and the weights.
    """
    unit, place, n, k = logged.unit, logged.place, logged.n_units, logged.n_positions
    unit_of_request = np.zeros(len(logged.requests), np.int64)
    unit_of_request[logged.rank_of_request] = unit
    robust = np.zeros(len(logged))
    if logged.predicted is not None and logged.expected is not None:
        robust = weight * (logged.reward - logged.predicted) + above * logged.expected
    columns = [
        np.bincount(unit_of_request, minlength=n),
        np.bincount(unit, logged.reward, n),
        np.bincount(unit, robust, n),
        np.bincount(unit * k + place, weight * logged.reward, n * k).reshape(n, k),
        np.bincount(unit * k + place, weight, n * k).reshape(n, k),
    ]
    table = np.column_stack(columns).astype(np.float64)
    return table[table[:, 0] > 0]


def _value(method: str, sums: Doubles, k: int) -> Doubles:
    """(n,) estimates of (n, 3 + 2k) sums; NaN where a resample holds no weight at a position."""
    n_requests, rewards, robust = sums[:, 0], sums[:, 1], sums[:, 2]
    weighted, weight = sums[:, 3 : 3 + k], sums[:, 3 + k :]
    if method == "logged":
        return rewards / n_requests
    if method == "ips":
        return weighted.sum(1) / n_requests
    if method == "dr":
        return robust / n_requests
    means = np.divide(weighted, weight, out=np.full(weight.shape, np.nan), where=weight > 0)
    return means.sum(1)


def _ends(values: Doubles, tail: float) -> tuple[float, float]:
    """The two quantiles of what is a number; NaN where nothing is."""
    known = values[~np.isnan(values)]
    return tuple(np.quantile(known, [tail, 1 - tail]).tolist()) if len(known) else (np.nan, np.nan)


def _resampled(sums: Doubles, seed: int, n_resamples: int) -> Doubles:
    """(n_resamples, n_columns) sums over as many units as there are, drawn whole with replacement."""
    rng, n = np.random.default_rng(seed), len(sums)
    drawn = []
    for size in _chunks(n_resamples, n):
        at = rng.integers(0, n, (size, n)) + n * np.arange(size)[:, None]
        drawn.append(np.bincount(at.ravel(), minlength=size * n).reshape(size, n) @ sums)
    return np.concatenate(drawn)


def _chunks(n_resamples: int, n_units: int) -> Iterator[int]:
    size = max(1, CHUNK // n_units)
    for start in range(0, n_resamples, size):
        yield min(size, n_resamples - start)


def _farthest(weight: Doubles, logged: Logged) -> float:
    """The mean weight of the position where it lies farthest from 1."""
    means = [float(weight[at].mean()) for at in logged.at_positions()]
    return max(means, key=lambda mean: abs(mean - 1))
