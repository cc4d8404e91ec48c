"""One method on one protocol: choose settings on the validation, fit once more, ask the test once.

`python -m pipelines.benchmark.contest DATASETS JOINED PROTOCOL METHOD OUT` does it in a process of its own, so that its
peak memory is its own, and leaves in OUT what `kept.keep` writes.
"""

import sys
from functools import partial
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


def contest(protocol: Protocol, data: TrainingData, root: Path, method: str, contender: Contender) -> Kept:
    """One method on one protocol.

    Args:
        protocol: what is asked.
        data: the joined data.
        root: the folder that holds every data set's folder.
        method: the name that results use.
        contender: the method.
    """
    settings, chosen = _choice(protocol, data, root, contender)
    fit = partial(contender.fit, **settings)
    found = compare({method: fit}, protocol.test(data, root), protocol.ks, protocol.metrics, protocol.data)
    if protocol.refitted and contender.refitted:
        folds = protocol.refitted(data, root)
        found = found.plus(compare({method + REFITTED: fit}, folds, protocol.ks, protocol.metrics, protocol.data))
    return Kept(found, chosen)


def _choice(
    protocol: Protocol, data: TrainingData, root: Path, contender: Contender
) -> tuple[Settings, dict[str, Any]]:
    """The settings that the validation ranks highest; of equal ones the first."""
    if len(contender.trials) == 1:
        return contender.trials[0], {"settings": contender.trials[0], "n_trials": 1, "validation": None}
    folds = [one.sampled(ASKED) for one in protocol.validation(data, root)]
    values = [_value(protocol, folds, partial(contender.fit, **settings)) for settings in contender.trials]
    best = int(np.argmax(values))
    settings = contender.trials[best]
    return settings, {"settings": settings, "n_trials": len(values), "validation": values[best]}


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
    protocol, data = PROTOCOLS[name], read_joined(Path(joined)).data
    kept = contest(protocol, data, Path(root), method, CONTENDERS[method])
    if method == HYBRID:
        kept.chosen["n_trials"] = None  # its own, inside the training data
    keep(kept, Path(out))


if __name__ == "__main__":
    main()
