"""A comparison laid out for reading: per data set, split and metric, methods by slices, with the best one marked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys.errors import require
from recsys.evaluation.compare import Comparison, Result
from recsys.evaluation.cost import Cost
from recsys.evaluation.metrics import ACCURACY
from recsys.evaluation.significance import sign_flip

Mark = Literal["best", "tie", ""]
TIE_P = 0.05
"""A method ties with the best where the sign-flip test says at least this."""


@dataclass(frozen=True)
class Cell:
    """One method on one slice."""

    value: float  # NaN where nobody was tested
    low: float
    high: float
    mark: Mark = ""
    """best: the highest mean; tie: a paired test does not tell it from the best. Accuracy metrics only."""


@dataclass(frozen=True)
class Grid:
    """One metric on one split of one data set."""

    data: str
    split: str
    metric: str
    methods: tuple[str, ...]
    slices: tuple[str, ...]
    n_viewers: tuple[int, ...]
    """Per slice."""
    cells: dict[tuple[str, str], Cell]
    """By method and slice."""
    costs: dict[str, Cost]
    """By method."""


def grids(comparison: Comparison) -> list[Grid]:
    """One grid per data set, split and metric, in the comparison's order."""
    keys = dict.fromkeys((one.data, one.split, one.metric) for one in comparison.results)
    return [_grid(comparison, *key) for key in keys]


def _grid(comparison: Comparison, data: str, split: str, metric: str) -> Grid:
    mine = [one for one in comparison.results if (one.data, one.split, one.metric) == (data, split, metric)]
    slices = tuple(dict.fromkeys(one.slice for one in mine))
    methods = tuple(dict.fromkeys(one.method for one in mine))
    cells = {(one.method, one.slice): Cell(one.value, one.low, one.high) for one in mine}
    if metric.split("@")[0] in ACCURACY:
        cells |= {key: cell for part in slices for key, cell in _marked(comparison, mine, part)}
    asked = tuple(max(len(one.viewers) for one in mine if one.slice == part) for part in slices)
    costs = {method: comparison.costs[data, split, method] for method in methods}
    return Grid(data, split, metric, methods, slices, asked, cells, costs)


def _marked(comparison: Comparison, results: list[Result], part: str) -> Iterator[tuple[tuple[str, str], Cell]]:
    here = [one for one in results if one.slice == part and not np.isnan(one.value)]
    if len(here) < 2:
        return
    best = max(here, key=lambda one: one.value)
    for one in here:
        same = np.array_equal(one.viewers, best.viewers)
        require(
            same, f"{one.method} and {best.method} were tested on different viewers; compare them on the same folds"
        )
    behind = np.column_stack([best.values - one.values for one in here])  # (n_viewers, n_methods)
    for one, p in zip(here, sign_flip(behind, comparison.seed), strict=True):
        mark: Mark = "best" if one is best else "tie" if p >= TIE_P else ""
        yield (one.method, part), Cell(one.value, one.low, one.high, mark)
