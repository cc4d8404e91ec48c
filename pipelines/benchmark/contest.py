"""One method on one protocol: choose settings on the validation, fit once more, ask the test once.

`python -m pipelines.benchmark.contest DATASETS JOINED PROTOCOL METHOD OUT` does it in a process of its own, the choice
in another, so that the peak memory is the last fit's own, and leaves in OUT what `kept.keep` writes.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.benchmark.contenders import CONTENDERS, HYBRID, Contender, Settings
from pipelines.benchmark.kept import Kept, keep
from pipelines.benchmark.protocols import PROTOCOLS, Protocol
from pipelines.join.storage import read_joined
from recsys.evaluation.compare import compare
from recsys.evaluation.folds import Fold
from recsys.evaluation.measure import evaluate
from recsys.interactions import TrainingData

ASKED = 2000
"""How many viewers the validation asks."""
REFITTED = ", refitted"


@dataclass(frozen=True)
class Choice:
    """Settings, and what the validation said of them."""

    settings: Settings
    n_trials: int = 1
    validation: float | None = None
    """The value that chose; None without a choice."""


def choose(protocol: Protocol, data: TrainingData, root: Path, contender: Contender) -> Choice:
    """The settings that the validation ranks highest; of equal ones the first.

    Args:
        protocol: what is asked.
        data: the joined data.
        root: the folder that holds every data set's folder.
        contender: the method.
    """
    if len(contender.trials) == 1:
        return Choice(contender.trials[0])
    folds = [one.sampled(ASKED) for one in protocol.validation(data, root)]
    values = [_value(protocol, folds, partial(contender.fit, **settings)) for settings in contender.trials]
    best = int(np.argmax(values))
    return Choice(contender.trials[best], len(values), values[best])


def contest(
    protocol: Protocol, data: TrainingData, root: Path, method: str, contender: Contender, choice: Choice
) -> Kept:
    """One method, with the settings chosen for it, on the protocol's test; see `choose` for the other arguments.

    Args:
        method: the name that results use.
    """
    fit = partial(contender.fit, **choice.settings)
    found = compare({method: fit}, protocol.test(data, root), protocol.ks, protocol.metrics, protocol.data)
    if protocol.refitted and contender.refitted:
        folds = protocol.refitted(data, root)
        found = found.plus(compare({method + REFITTED: fit}, folds, protocol.ks, protocol.metrics, protocol.data))
    return Kept(found, asdict(choice))


def _value(protocol: Protocol, folds: list[Fold], fit: Any) -> float:
    """The metric that judges, averaged over folds and slices; a slice that nobody is asked in is left out."""
    metric, k = protocol.judged_by.split("@")
    found = []
    for fold in folds:
        for by_metric in evaluate(fit(fold.train), fold, (int(k),), (metric,)).values():
            values = by_metric[protocol.judged_by]
            found += [float(np.nanmean(values))] if not np.isnan(values).all() else []
    return float(np.mean(found))


def main() -> None:
    """What the new process does."""
    root, joined, name, method, out = sys.argv[1:]
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        choice = apart.submit(_chosen, root, joined, name, method).result()
    kept = contest(PROTOCOLS[name], read_joined(Path(joined)).data, Path(root), method, CONTENDERS[method], choice)
    if method == HYBRID:
        kept.chosen["n_trials"] = None  # its own, inside the training data
    keep(kept, Path(out))


def _chosen(root: str, joined: str, name: str, method: str) -> Choice:
    return choose(PROTOCOLS[name], read_joined(Path(joined)).data, Path(root), CONTENDERS[method])


if __name__ == "__main__":
    main()
