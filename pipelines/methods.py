"""The methods that evaluation puts side by side: the candidate's recipe, the live bundle's, and baselines."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.toml_config import as_dict, build
from pipelines.toml_values import Place
from pipelines.train import LATEST
from recsys.bundle import read_manifest
from recsys.models.base import Scorer
from recsys.models.baselines import BASELINES, Fit
from recsys.models.calibrate import HybridConfig, fit_hybrid
from recsys.shelf import Shelf

if TYPE_CHECKING:
    from pipelines.config import PipelineConfig

HYBRID = "hybrid"
LIVE = "live recipe"
RIVAL, CHANCE = "recent popularity", "random"
"""The baselines that the gate needs."""


def methods(config: "PipelineConfig") -> dict[str, Fit]:
    """The baselines asked for, the candidate's recipe as the hybrid, and the live bundle's recipe where it differs."""
    candidate, live = recipe(config.folders.candidates / LATEST), live_recipe(config)
    wanted = {*config.evaluate.baselines, RIVAL, CHANCE}
    found = {name: fit for name, fit in BASELINES.items() if name in wanted} | {HYBRID: _hybrid(candidate)}
    if live is not None and as_dict(live) != as_dict(candidate):
        found[LIVE] = _hybrid(live)
    return found


def live_recipe(config: "PipelineConfig") -> HybridConfig | None:
    """How the live bundle was trained; None where none is live."""
    shelf = Shelf(config.folders.bundles)
    version = shelf.live()
    return None if version is None else recipe(shelf.folder(version))


def recipe(bundle: Path) -> HybridConfig:
    """How a bundle was trained, as its manifest tells."""
    told: Mapping[str, Any] = read_manifest(bundle)["config"]["train"]
    return build(HybridConfig, dict(told), Place(f"bundle {bundle.name}", bundle.parent))


def _hybrid(recipe: HybridConfig) -> Fit:
    def fit(data: Any) -> Scorer:
        return fit_hybrid(data, recipe)

    return fit
