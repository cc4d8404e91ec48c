"""Fit methods on the same folds and put their measurements side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from recsys.errors import DataError, require
from recsys.evaluation.cost import Cost, measured
from recsys.evaluation.folds import Fold
from recsys.evaluation.measure import check_metrics, evaluate
from recsys.evaluation.significance import Paired, intervals, paired_test
from recsys.interactions import TrainingData
from recsys.models.base import Scorer
from recsys.schema import Doubles, Rows

Fit = Callable[[TrainingData], Scorer]
Record = dict[str, str | int | float | None]
Cell = tuple[str, str, str]
"""Split, slice and metric."""


@dataclass(frozen=True, eq=False)
class Result:
    """One method's metric on one slice: the mean over viewers, its 95% interval, and the viewers' own values."""

    data: str
    split: str
    slice: str
    method: str
    metric: str
    value: float
    low: float  # NaN for a metric of all the lists together, which has no viewers to resample
    high: float
    viewers: Rows  # (n_viewers,) rows in the data's ids
    values: Doubles  # (n_viewers,) each one's value, the mean over the folds they were tested in; (0,) without such

    def record(self, cost: Cost | None = None) -> Record:
        """As a row of a report; None for what is not known."""
        row: Record = {name: getattr(self, name) for name in ("data", "split", "slice", "method", "metric")}
        row |= {name: _number(getattr(self, name)) for name in ("value", "low", "high")}
        row["n_viewers"] = len(self.viewers)
        return row if cost is None else row | {"fit_s": cost.fit_s, "peak_mb": cost.peak_mb}


@dataclass(frozen=True, eq=False)
class Comparison:
    """All results, in the order they were asked for, and what fitting cost."""

    results: tuple[Result, ...]
    costs: dict[tuple[str, str, str], Cost]
    """By data, split and method: the dearest of the folds."""
    seed: int = 0

    def records(self) -> list[Record]:
        """Rows of data, split, slice, method, metric, value, low, high, n_viewers, fit_s, peak_mb."""
        return [one.record(self.costs[one.data, one.split, one.method]) for one in self.results]

    def repeatable(self) -> list[Record]:
        """The rows without fit_s and peak_mb: the same from run to run."""
        return [one.record() for one in self.results]

    def result(self, split: str, part: str, metric: str, method: str, data: str | None = None) -> Result:
        """One result; DataError if there is none. `data` may be left out where there is only one data set."""
        wanted = (split, part, metric, method)
        for one in self.results:
            if (one.split, one.slice, one.metric, one.method) == wanted and data in (None, one.data):
                return one
        raise DataError(f"there is no result for split, slice, metric, method {wanted} on data {data!r}")

    def test(self, split: str, part: str, metric: str, first: str, second: str, data: str | None = None) -> Paired:
        """Paired test of two methods on the viewers that both were tested on; DataError for a metric without such."""
        one, other = (self.result(split, part, metric, method, data) for method in (first, second))
        of_all = len(one.viewers) > len(one.values)
        require(
            not of_all, f"{metric} is of all the lists together; only metrics with a value per viewer can be tested"
        )
        _, mine, theirs = np.intersect1d(one.viewers, other.viewers, assume_unique=True, return_indices=True)
        return paired_test(one.values[mine], other.values[theirs], self.seed)

    def plus(self, other: "Comparison") -> "Comparison":
        """Both, such as of several data sets."""
        return Comparison(self.results + other.results, self.costs | other.costs, self.seed)


def compare(
    methods: Mapping[str, Fit],
    folds: Sequence[Fold],
    ks: Sequence[int] = (10, 20),
    metrics: Sequence[str] = ("recall", "ndcg"),
    data: str = "data",
    seed: int = 0,
    n_resamples: int = 1000,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Fit and measure every method on every fold.

    Folds of the same split are pooled: a viewer's value is the mean over the folds they were tested in, so that
    viewers stay independent for the intervals.

    Args:
        methods: by the name that reports use, how to fit each.
        folds: of one data set.
        ks: cut-offs.
        metrics: names out of `measure.metric_names()`.
        data: the data set's name in reports.
        seed: of the bootstrap.
        n_resamples: of the bootstrap.
        progress: told, in a line, what begins.

    Raises:
        ConfigError: an unknown metric, or a cut-off below 1.
        DataError: no method or no fold.
    """
    require(len(methods) > 0 and len(folds) > 0, f"{len(methods)} methods on {len(folds)} folds; one of each at least")
    check_metrics(ks, metrics)
    pools: dict[Cell, dict[str, list[tuple[Rows, Doubles]]]] = {}
    costs: dict[tuple[str, str, str], Cost] = {}
    for number, (fold, name) in enumerate(((fold, name) for fold in folds for name in methods), start=1):
        if progress:
            progress(f"{number} of {len(folds) * len(methods)}: {name} on {fold.name}")
        scorer, cost = measured(partial(methods[name], fold.train))
        costs[data, fold.split, name] = cost.joined(costs.get((data, fold.split, name), cost))
        tested = {part.name: fold.viewers[part.viewers_tested] for part in fold.slices}
        for part, by_metric in evaluate(scorer, fold, ks, metrics).items():
            for metric, values in by_metric.items():
                pool = pools.setdefault((fold.split, part, metric), {})
                pool.setdefault(name, []).append((fold.viewers if values.ndim else tested[part], values))
    results = [one for cell, pool in pools.items() for one in _results(data, cell, pool, seed, n_resamples)]
    return Comparison(tuple(results), costs, seed)


def _results(
    data: str, cell: Cell, pool: dict[str, list[tuple[Rows, Doubles]]], seed: int, n_resamples: int
) -> list[Result]:
    split, part, metric = cell
    viewers = np.unique(np.concatenate([rows for rows, _ in next(iter(pool.values()))])).astype(np.int32)
    if not next(iter(pool.values()))[0][1].ndim:
        means = {name: float(np.mean([values for _, values in parts])) for name, parts in pool.items()}
        rest = np.nan, np.nan, viewers, np.empty(0)
        return [Result(data, split, part, name, metric, mean, *rest) for name, mean in means.items()]
    table = np.column_stack([_per_viewer(viewers, parts) for parts in pool.values()])  # (n_viewers, n_methods)
    edges = intervals(table, seed, n_resamples)
    made = []
    for name, values, (low, high) in zip(pool, table.T, edges, strict=True):
        tested = ~np.isnan(values)
        mean = float(values[tested].mean()) if tested.any() else np.nan
        args = (data, split, part, name, metric, mean, float(low), float(high), viewers[tested], values[tested])
        made.append(Result(*args))
    return made


def _per_viewer(viewers: Rows, parts: list[tuple[Rows, Doubles]]) -> Doubles:
    """(len(viewers),) each viewer's mean over the folds, NaN where they were tested in none."""
    at = np.searchsorted(viewers, np.concatenate([rows for rows, _ in parts]))
    values = np.concatenate([values for _, values in parts])
    tested = ~np.isnan(values)
    counts = np.bincount(at[tested], minlength=len(viewers))
    sums = np.bincount(at[tested], values[tested], len(viewers))
    return np.divide(sums, counts, out=np.full(len(viewers), np.nan), where=counts > 0)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
