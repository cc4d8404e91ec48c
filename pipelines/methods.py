"""The methods that evaluation puts side by side, the live bundle's recipe among them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.toml_config import as_dict, build
from pipelines.toml_values import Place
from recsys.bundle import read_manifest
from recsys.models.base import Scorer
from recsys.models.baselines import BASELINES, Fit
from recsys.models.calibrate import HybridConfig, fit_hybrid
from recsys.shelf import Shelf

if TYPE_CHECKING:
    from pipelines.config import PipelineConfig

HYBRID = "hybrid"
LIVE = "live recipe"


def methods(config: "PipelineConfig") -> dict[str, Fit]:
    """Every baseline, the hybrid as configured, and the live bundle's recipe where it differs."""
    found = {**BASELINES, HYBRID: _hybrid(config.train)}
    live = live_recipe(config)
    if live is not None and as_dict(live) != as_dict(config.train):
        found[LIVE] = _hybrid(live)
    return found


def live_recipe(config: "PipelineConfig") -> HybridConfig | None:
    """How the live bundle was trained; None where none is live."""
    shelf = Shelf(config.folders.bundles)
    version = shelf.live()
    if version is None:
        return None
    told: Mapping[str, Any] = read_manifest(shelf.folder(version))["config"]["train"]
    return build(HybridConfig, dict(told), Place(f"bundle {version}", shelf.root))


def _hybrid(recipe: HybridConfig) -> Fit:
    def fit(data: Any) -> Scorer:
        return fit_hybrid(data, recipe)

    return fit
