"""How sure a mean over viewers is, and whether one method's is better than another's; viewers are the unit."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from recsys.errors import require
from recsys.schema import Doubles

CHUNK = 4_000_000
"""How many drawn viewers are in memory at once."""


class Verdict(StrEnum):
    """How the first of two methods stands to the second."""

    BETTER = "better"
    WORSE = "worse"
    TIE = "tie"


@dataclass(frozen=True)
class Paired:
    """The mean difference between two methods on the same viewers, first minus second."""

    difference: float
    low: float
    high: float
    p: float
    """Two-sided, of the sign-flip test; at least 1 / (resamples + 1)."""
    n_viewers: int
    verdict: Verdict
    """A tie unless p is below 1 - level."""


def intervals(values: Doubles, seed: int = 0, n_resamples: int = 1000, level: float = 0.95) -> Doubles:
    """Percentile bootstrap intervals of means over viewers (Efron 1979).

    Every resample draws as many viewers as there are, with replacement, the same ones for all columns; NaN is left
    out of the means.

    Args:
        values: (n_viewers, n_columns), one value per viewer and column, NaN where a viewer is not tested.
        seed: fixes the draws.
        n_resamples: how many.
        level: of confidence, above 0 and below 1.

    Returns:
        (n_columns, 2) low and high; NaN for a column without values.

    >>> intervals(np.array([[1.0, np.nan], [1.0, np.nan]])).tolist()
    [[1.0, 1.0], [nan, nan]]
    """
    _check(n_resamples, level)
    means = _resampled_means(values, seed, n_resamples)
    edges = np.full((values.shape[1], 2), np.nan)
    filled = ~np.isnan(values).all(0)
    tail = (1 - level) / 2
    if filled.any():  # a resample may miss the few viewers a column has
        edges[filled] = np.nanquantile(means[:, filled], [tail, 1 - tail], axis=0).T
    return edges


def paired_test(first: Doubles, second: Doubles, seed: int = 0, n_resamples: int = 2000, level: float = 0.95) -> Paired:
    """Compare two methods viewer by viewer: bootstrap interval of the difference, and a sign-flip permutation test.

    Args:
        first: (n_viewers,) one method's values.
        second: (n_viewers,) the other's, for the same viewers; a viewer with NaN on either side is left out.
        seed: fixes the draws.
        n_resamples: of both the bootstrap and the permutations.
        level: of confidence, above 0 and below 1.

    >>> paired_test(np.ones(20), np.zeros(20)).verdict.value, paired_test(np.ones(20), np.ones(20)).verdict.value
    ('better', 'tie')
    """
    _check(n_resamples, level)
    require(len(first) == len(second), f"{len(first)} and {len(second)} values; both must be of the same viewers")
    differences = (first - second)[~np.isnan(first - second)]
    if not len(differences):
        return Paired(np.nan, np.nan, np.nan, 1.0, 0, Verdict.TIE)
    mean = float(differences.mean())
    low, high = intervals(differences[:, None], seed, n_resamples, level)[0]
    p = float(sign_flip(differences[:, None], seed, n_resamples)[0])
    verdict = Verdict.TIE if p >= 1 - level else Verdict.BETTER if mean > 0 else Verdict.WORSE
    return Paired(mean, float(low), float(high), p, len(differences), verdict)


def sign_flip(differences: Doubles, seed: int = 0, n_resamples: int = 2000) -> Doubles:
    """Two-sided p-values that mean differences are 0: how often randomly signed ones lie as far out (Fisher 1935).

    Args:
        differences: (n_viewers, n_columns), without NaN.
        seed: fixes the signs, the same for all columns.
        n_resamples: how many.

    Returns:
        (n_columns,) within 1 / (n_resamples + 1) and 1.

    >>> sign_flip(np.array([[0.0, 1.0]] * 30)).round(4).tolist()
    [1.0, 0.0005]
    """
    rng, observed = np.random.default_rng(seed), np.abs(differences.sum(0))
    beyond = np.zeros(differences.shape[1])
    slack = 1e-12 * np.abs(differences).sum(0)  # equal sums in another order must count as equal
    for size in _chunks(n_resamples, len(differences)):
        signs = rng.integers(0, 2, (size, len(differences)), dtype=np.int8) * 2.0 - 1.0
        beyond += (np.abs(signs @ differences) >= observed - slack).sum(0)
    return (beyond + 1) / (n_resamples + 1)


def _check(n_resamples: int, level: float) -> None:
    require(n_resamples >= 1, f"n_resamples is {n_resamples}; it must be at least 1")
    require(0 < level < 1, f"level is {level}; it must be above 0 and below 1")


def _resampled_means(values: Doubles, seed: int, n_resamples: int) -> Doubles:
    """(n_resamples, n_columns)."""
    n = len(values)
    known = (~np.isnan(values)).astype(np.float64)
    filled = np.nan_to_num(values, nan=0.0)
    rng, means = np.random.default_rng(seed), []
    for size in _chunks(n_resamples, n):
        drawn = rng.integers(0, max(n, 1), (size, n)) + n * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)
        seen = counts @ known
        means.append(np.divide(counts @ filled, seen, out=np.full(seen.shape, np.nan), where=seen > 0))
    return np.concatenate(means)


def _chunks(n_resamples: int, n_viewers: int) -> Iterator[int]:
    size = max(1, CHUNK // max(n_viewers, 1))
    for start in range(0, n_resamples, size):
        yield min(size, n_resamples - start)
