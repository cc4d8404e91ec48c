"""`tagreel benchmark accuracy`: the hybrid beside every baseline and peer on public data, with intervals."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.benchmark.contenders import CONTENDERS, HYBRID
from pipelines.benchmark.kept import Kept, kept_in, of_this_code
from pipelines.benchmark.peers import lightfm_is_here
from pipelines.benchmark.protocols import PROTOCOLS, READERS, Protocol
from pipelines.join.run import join_tables
from pipelines.join.storage import write_joined
from pipelines.progress import Progress, quiet
from recsys.datasets.assets import default_cache_dir
from recsys.errors import ConfigError, RecsysError, require
from recsys.evaluation.charts import chart
from recsys.evaluation.compare import Comparison
from recsys.evaluation.grids import grids
from recsys.evaluation.report import to_json, to_markdown, to_text

LIGHTFM = "LightFM + tags"
THREADS = 2
"""Of every fit, whatever the machine has."""


@dataclass(frozen=True)
class AccuracyBenchmark:
    """What was measured, and by which settings."""

    comparison: Comparison
    chosen: list[dict[str, Any]]
    """Per protocol and method: data, split, method, settings, n_trials, validation."""

    def lines(self) -> list[str]:
        """For people."""
        return to_text(self.comparison).splitlines()

    def write(self, folder: Path) -> None:
        """`accuracy.json`, `accuracy.md`, `accuracy-settings.json`, and a picture per protocol."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "accuracy.json").write_text(to_json(self.comparison))
        (folder / "accuracy-settings.json").write_text(json.dumps(self.chosen, indent=1) + "\n")
        (folder / "accuracy.md").write_text(f"{to_markdown(self.comparison)}\n{self._settings()}")
        judges = {(one.data, one.split, one.judged_by) for one in PROTOCOLS.values()}
        for grid in grids(self.comparison):
            if (grid.data, grid.split, grid.metric) in judges:
                picture = chart(grid).replace("<svg ", '<svg style="background:#fff" ', 1)
                (folder / f"accuracy-{grid.data}-{grid.split}.svg").write_text(picture + "\n")

    def _settings(self) -> str:
        lines = ["### Settings", "", "| data | split | method | trials | chosen on the validation |"]
        lines.append("| --- | --- | --- | ---: | --- |")
        for one in self.chosen:
            told = ", ".join(f"{name} {value}" for name, value in one["settings"].items()) or "its defaults"
            trials = one["n_trials"] or "inside the training data"
            lines.append(f"| {one['data']} | {one['split']} | {one['method']} | {trials} | {told} |")
        return "\n".join(lines) + "\n"


def run_accuracy(
    root: Path,
    data: Sequence[str] = (),
    splits: Sequence[str] = (),
    methods: Sequence[str] = (),
    cache: Path | None = None,
    fresh: bool = False,
    progress: Progress = quiet,
) -> AccuracyBenchmark:
    """Measure methods on protocols, each in a process of its own; what was measured before by the same code stands.

    Args:
        root: the folder that holds the data sets' folders.
        data: which data sets, of `protocols.READERS`; all by default.
        splits: which splits; all by default.
        methods: which methods, of `CONTENDERS`; by default all that are installed.
        cache: where results are kept.
        fresh: measure again what is kept there.
        progress: told of each method.

    Raises:
        ConfigError: a name is unknown.
        DataError: a file of a data set is missing.
        RecsysError: a method failed; the message carries the end of what it said.
    """
    places = cache or default_cache_dir() / "benchmark"
    asked = _asked(data, splits)
    wanted = _methods(methods, progress)
    found: list[Kept] = []
    chosen = []
    for at, (protocol, method) in enumerate((one, name) for one in asked for name in wanted):
        progress(f"{at + 1} of {len(asked) * len(wanted)}: {method} on {protocol.name}", at / len(asked) / len(wanted))
        one = _measured(protocol, method, root, places, fresh)
        found.append(one)
        chosen.append({"data": protocol.data, "split": protocol.split, "method": method, **one.chosen})
    whole = found[0].comparison
    for more in found[1:]:
        whole = whole.plus(more.comparison)
    return AccuracyBenchmark(whole, chosen)


def _asked(data: Sequence[str], splits: Sequence[str]) -> list[Protocol]:
    every = PROTOCOLS.values()
    for names, known in ((data, {one.data for one in every}), (splits, {one.split for one in every})):
        unknown = [one for one in names if one not in known]
        require(not unknown, f"{', '.join(unknown)} is not here; there is {', '.join(sorted(known))}", ConfigError)
    asked = [one for one in every if (not data or one.data in data) and (not splits or one.split in splits)]
    require(len(asked) > 0, f"{', '.join(data)} has no split {', '.join(splits)}", ConfigError)
    return asked


def _methods(methods: Sequence[str], progress: Progress) -> list[str]:
    unknown = [one for one in methods if one not in CONTENDERS]
    require(not unknown, f"{', '.join(unknown)} is no method here; there is {', '.join(CONTENDERS)}", ConfigError)
    wanted = [one for one in CONTENDERS if not methods or one in methods]
    if LIGHTFM in wanted and not methods and not lightfm_is_here():
        progress(f"{LIGHTFM} is left out; add it: pip install 'tagreel[peers]'", None)
        wanted.remove(LIGHTFM)
    return wanted


def _measured(protocol: Protocol, method: str, root: Path, places: Path, fresh: bool) -> Kept:
    folder = places / of_this_code((str(root), protocol.name, method), hybrid=method == HYBRID)
    if fresh or not (folder / "told.json").exists():
        joined = _joined(protocol.data, root, places)
        _in_a_process(str(root), str(joined), protocol.name, method, str(folder))
    return kept_in(folder)


def _joined(name: str, root: Path, places: Path) -> Path:
    """The data set, joined; from the cache where this code joined it before."""
    folder = places / of_this_code((str(root), name), hybrid=False)
    if not folder.exists():
        tables = places / f"{name}-tables"
        tables.mkdir(parents=True, exist_ok=True)
        READERS[name](root).write(tables)
        write_joined(join_tables(tables), folder)
    return folder


def _in_a_process(*arguments: str) -> None:
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(THREADS))
    command = [sys.executable, "-m", "pipelines.benchmark.contest", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **threads})  # noqa: S603 - our own module
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise RecsysError(f"{arguments[3]} on {arguments[2]} ended with {done.returncode}, saying: {said[-1]}")
