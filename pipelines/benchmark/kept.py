"""Results that a benchmark keeps, so that a run that was stopped goes on where it was."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

import pipelines.benchmark
import pipelines.join
import recsys
from pipelines.workspace import replacing
from recsys.evaluation.compare import Comparison, Result
from recsys.evaluation.cost import Cost

MEASURING = ("contenders", "contest", "peers", "protocols")
"""Files of the benchmark that results depend on."""
ONLY_HYBRID = {"blend", "calibrate", "hybrid", "pseudo_cold", "search", "sequence", "tune"}
UNHEARD = {"ads", "analysis", "ranking", "search", "simulation"}
"""Folders of the library that no result depends on."""
TOLD = ("data", "split", "slice", "method", "metric", "value", "low", "high")


@dataclass(frozen=True, eq=False)
class Kept:
    """One method's results on one protocol, and how its settings were chosen."""

    comparison: Comparison
    chosen: dict[str, Any]
    """`settings`, `n_trials`, and `validation`, the value that chose; None without a choice."""


def keep(kept: Kept, folder: Path) -> None:
    """Write all of it or nothing: figures as JSON, each viewer's values as arrays."""
    results = kept.comparison.results
    told = {
        "results": [{name: _plain(getattr(one, name)) for name in TOLD} for one in results],
        "costs": [[*key, asdict(cost)] for key, cost in kept.comparison.costs.items()],
        "chosen": kept.chosen,
    }
    with replacing(folder) as partial:
        (partial / "told.json").write_text(json.dumps(told, indent=1))
        arrays = {f"{name}{at}": getattr(one, name) for at, one in enumerate(results) for name in ("viewers", "values")}
        np.savez_compressed(partial / "values.npz", **arrays)


def kept_in(folder: Path) -> Kept:
    """What `keep` wrote."""
    told = json.loads((folder / "told.json").read_text())
    results = []
    with np.load(folder / "values.npz") as arrays:
        for at, one in enumerate(told["results"]):
            numbers = {name: np.nan if one[name] is None else one[name] for name in ("value", "low", "high")}
            results.append(Result(**{**one, **numbers}, viewers=arrays[f"viewers{at}"], values=arrays[f"values{at}"]))
    costs = {(data, split, method): Cost(**cost) for data, split, method, cost in told["costs"]}
    return Kept(Comparison(tuple(results), costs), told["chosen"])


def of_this_code(names: Iterable[str], hybrid: bool) -> str:
    """A key that changes with the names, or with a line of what makes the results.

    Args:
        names: what is measured.
        hybrid: whether the files that only the hybrid runs count too.
    """
    digest = sha256("\n".join(names).encode())
    for path in _sources():
        if hybrid or path.stem not in ONLY_HYBRID:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> list[Path]:
    whole = [*recsys.__path__, *pipelines.join.__path__]
    files = [path for folder in whole for path in Path(folder).rglob("*.py")]
    mine = [Path(folder) / f"{name}.py" for folder in pipelines.benchmark.__path__ for name in MEASURING]
    return sorted(path for path in [*files, *mine] if not UNHEARD & set(path.parts))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value
