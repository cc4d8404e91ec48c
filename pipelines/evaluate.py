"""The evaluation step: the candidate's recipe beside baselines and the live one, on what training did not see.

What is measured is the recipe, refitted on the training part of each fold: the candidate itself has seen everything.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.gate import Check, checks
from pipelines.join.storage import read_joined
from pipelines.methods import methods
from pipelines.progress import Progress, quiet
from pipelines.train import LATEST
from pipelines.workspace import replacing
from recsys.bundle import read_manifest
from recsys.errors import require
from recsys.evaluation.cold_splits import cold_videos, cold_viewers
from recsys.evaluation.compare import Comparison, compare
from recsys.evaluation.folds import Fold
from recsys.evaluation.page import to_html
from recsys.evaluation.report import to_csv, to_json, to_text
from recsys.evaluation.splits import global_time, leave_last
from recsys.interactions import TrainingData

if TYPE_CHECKING:
    from pipelines.config import PipelineConfig

FOLDS: dict[str, Callable[[TrainingData, int], Fold]] = {
    "leave_last": lambda data, _: leave_last(data),
    "cold_videos": lambda data, seed: cold_videos(data, seed=seed),
    "cold_viewers": lambda data, seed: cold_viewers(data, seed=seed),
    "global_time": lambda data, _: global_time(data),
}


@dataclass(frozen=True)
class EvaluateSummary:
    """What was found, and where the report lies."""

    version: str
    table: str
    checks: list[dict[str, Any]]
    report: str

    def lines(self) -> list[str]:
        """For people."""
        return [*self.table.splitlines(), *(Check(**one).line() for one in self.checks), f"report: {self.report}"]


def evaluate(config: "PipelineConfig", progress: Progress = quiet) -> EvaluateSummary:
    """Measure, print, and write `report.json`, `report.csv`, `report.html` and `gate.json` for the candidate."""
    folders, chosen = config.folders, config.evaluate
    manifest = read_manifest(folders.candidates / LATEST)
    version, data = manifest["version"], read_joined(folders.joined).data
    _check_same_data(manifest, data)
    folds = [FOLDS[one](data, chosen.seed).sampled(chosen.max_viewers, chosen.seed) for one in chosen.splits]
    comparison = compare(
        methods(config), folds, chosen.ks, chosen.metrics, chosen.name, chosen.seed,
        progress=lambda line: progress(line, None),
    )  # fmt: skip
    found = [asdict(one) for one in checks(comparison, chosen.gate)]
    with replacing(folders.reports / version) as folder:
        _write(folder, comparison, found)
    return EvaluateSummary(version, to_text(comparison), found, str(folders.reports / version / "report.html"))


def _check_same_data(manifest: Mapping[str, Any], data: TrainingData) -> None:
    """Refuse to measure a candidate on another joined set than it was trained on."""
    told, found = (manifest["data"][name] for name in ("as_of", "n_events")), (data.as_of, len(data.events))
    same = tuple(told) == found
    require(same, f"candidate {manifest['version']} was trained on other data than joined now; run `tagreel train`")


def _write(folder: Path, comparison: Comparison, found: list[dict[str, Any]]) -> None:
    (folder / "report.json").write_text(to_json(comparison))
    (folder / "report.csv").write_text(to_csv(comparison))
    (folder / "report.html").write_text(to_html(comparison))
    gate = {"checks": found, "results": comparison.repeatable()}
    (folder / "gate.json").write_text(json.dumps(gate, indent=1))
