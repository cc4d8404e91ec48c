"""`tagreel benchmark accuracy`: the hybrid beside every baseline on public data, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.benchmark.protocols import PROTOCOLS
from pipelines.methods import HYBRID
from pipelines.progress import Progress, quiet
from recsys.errors import ConfigError, require
from recsys.evaluation.compare import Comparison, compare
from recsys.evaluation.report import to_json, to_markdown, to_text
from recsys.models.baselines import BASELINES
from recsys.models.calibrate import fit_hybrid


@dataclass(frozen=True)
class AccuracyBenchmark:
    """What was measured."""

    comparison: Comparison

    def lines(self) -> list[str]:
        """For people."""
        return to_text(self.comparison).splitlines()

    def write(self, folder: Path) -> None:
        """`accuracy.json` and `accuracy.md`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "accuracy.json").write_text(to_json(self.comparison))
        (folder / "accuracy.md").write_text(to_markdown(self.comparison))


def run_accuracy(
    root: Path,
    names: Sequence[str] = tuple(PROTOCOLS),
    ks: Sequence[int] = (10, 20),
    metrics: Sequence[str] = ("ndcg", "recall"),
    progress: Progress = quiet,
) -> AccuracyBenchmark:
    """Fit and measure every method with its defaults on every data set.

    Args:
        root: the folder that holds the data sets' folders.
        names: which data sets, of `PROTOCOLS`.
        ks: cut-offs.
        metrics: see `recsys.evaluation.measure.metric_names`.
        progress: told of each fit.

    Raises:
        ConfigError: a name is unknown.
        DataError: a file of a data set is missing.
    """
    unknown = [name for name in names if name not in PROTOCOLS]
    require(not unknown, f"{', '.join(unknown)} is no data set here; there are {', '.join(PROTOCOLS)}", ConfigError)
    found: Comparison | None = None
    for name in names:
        progress(f"reading {name}", None)
        data = PROTOCOLS[name].read(root)
        folds = PROTOCOLS[name].folds(data, root)
        methods = {**BASELINES, HYBRID: fit_hybrid}
        one = compare(methods, folds, ks, metrics, name, progress=lambda line: progress(line, None))
        found = one if found is None else found.plus(one)
    if found is None:
        raise ConfigError("no data set is named")
    return AccuracyBenchmark(found)
