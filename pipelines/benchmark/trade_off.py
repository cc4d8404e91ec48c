"""`tagreel benchmark trade-off`: what diversity, calibration and exposure of new videos cost on public data."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy import sparse

from pipelines.benchmark.protocols import joined, read_data
from pipelines.progress import Progress, quiet
from recsys.datasets.movielens_small import read_movielens_small
from recsys.evaluation.cold_splits import cold_videos
from recsys.evaluation.curves import AIM, curves
from recsys.evaluation.grids import Cell
from recsys.evaluation.report import cell_text
from recsys.evaluation.trade_off import POOL, STRENGTHS, Point, trade_off
from recsys.models.calibrate import HybridConfig, fit_hybrid

TITLE = "{data}, hidden and known videos in one list: hybrid, the best {pool} ordered anew; labels are strengths"


def _genres(root: Path) -> sparse.csr_array:
    return joined(read_movielens_small(root / "ml-latest-small", tags="editor")).tags


SPACES: dict[str, Callable[[Path], sparse.csr_array]] = {"ml-latest-small": _genres}
"""By which tags a data set's lists are varied; all of them where it is not named. Of ten thousand tags that a crowd
gave, nearly every two films differ; of genres they do not."""


@dataclass(frozen=True)
class TradeOffBenchmark:
    """What was measured."""

    data: str
    k: int
    pool: int
    points: list[Point]

    def lines(self) -> list[str]:
        """For people."""
        by = {(one.reranker, one.strength, one.metric): one for one in self.points}
        lines = [f"{self.data} · cold_videos · all", f"{'':14}{'strength':>9}{f'ndcg@{self.k}':>27}{'aim':>42}"]
        for name, strength in dict.fromkeys((one.reranker, one.strength) for one in self.points):
            accuracy = by[name, strength, f"ndcg@{self.k}"]
            aim = by[name, strength, f"{AIM[name]}@{self.k}"]
            lines.append(f"{name:14}{strength:>9g}{_text(accuracy):>27}{AIM[name]:>16}{_text(aim):>26}")
        return lines

    def figures(self) -> dict[str, Any]:
        """For machines."""
        told = {"data": self.data, "split": "cold_videos", "slice": "all", "k": self.k, "pool": self.pool}
        return told | {"points": [one.record() for one in self.points]}

    def write(self, folder: Path) -> None:
        """`trade-off.json` and `trade-off.svg`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "trade-off.json").write_text(json.dumps(self.figures(), indent=1, allow_nan=False) + "\n")
        (folder / "trade-off.svg").write_text(
            curves(self.points, self.k, TITLE.format(data=self.data, pool=self.pool)) + "\n"
        )


def run_trade_off(
    root: Path,
    name: str = "ml-latest-small",
    strengths: Sequence[float] = STRENGTHS,
    k: int = 10,
    recipe: HybridConfig = HybridConfig(),
    progress: Progress = quiet,
) -> TradeOffBenchmark:
    """Fit the hybrid where a fifth of the videos are hidden, and order its lists anew in every way.

    Args:
        root: the folder that holds the data sets' folders.
        name: which data set, of `protocols.READERS`.
        strengths: of each re-ranker, 0 to 1.
        k: length of the lists.
        recipe: of the hybrid.
        progress: told of each part.

    Raises:
        ConfigError: the name is unknown.
        DataError: a file of the data set is missing.
    """
    progress(f"reading {name}", None)
    fold = cold_videos(read_data(name, root))
    progress("fitting the hybrid", None)
    model = fit_hybrid(fold.train, recipe)
    space = SPACES[name](root) if name in SPACES else None
    points = trade_off(model, fold, k=k, strengths=strengths, space=space, progress=lambda line: progress(line, None))
    return TradeOffBenchmark(name, k, POOL, points)


def _text(point: Point) -> str:
    return cell_text(Cell(point.value, point.low, point.high))
