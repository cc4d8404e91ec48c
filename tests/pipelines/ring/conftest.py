"""One small platform, and a workspace in which everything up to an evaluated candidate was done once."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import methods
from pipelines.config import PipelineConfig
from pipelines.evaluate import evaluate
from pipelines.evaluate_config import EvaluateConfig
from pipelines.ingest.config import SourceConfig
from pipelines.ingest.run import ingest
from pipelines.join.run import join
from pipelines.train import train
from recsys.datasets.simulator import SimulatorConfig, simulate
from recsys.models.calibrate import CalibrateConfig, HybridConfig
from recsys.models.factors import FactorsConfig
from recsys.models.hybrid import CoresConfig

PLATFORM = SimulatorConfig(n_viewers=150, n_videos=160, n_events=5000, n_tags=24, tags_per_video=4, days=20)
RECIPE = HybridConfig(
    cores=CoresConfig(factors=FactorsConfig(factors=8, iterations=2, threads=1)),
    calibrate=CalibrateConfig(viewers=60, depth=20, tune=False),
)
FEW = EvaluateConfig(splits=("cold_videos",), ks=(10,), metrics=("ndcg",))


@pytest.fixture(scope="session")
def simulated(tmp_path_factory) -> Path:
    """A folder of tables."""
    folder = tmp_path_factory.mktemp("simulated")
    simulate(PLATFORM, folder)
    return folder


@pytest.fixture(scope="session")
def few_methods() -> None:
    """Only the rivals that the gate asks for are fitted."""
    patch = pytest.MonkeyPatch()
    patch.setattr(methods, "BASELINES", {name: methods.BASELINES[name] for name in ("random", "recent popularity")})
    yield
    patch.undo()


@pytest.fixture(scope="session")
def done(simulated, few_methods, tmp_path_factory) -> PipelineConfig:
    """Ingested, joined, trained and evaluated. Not to be changed: tests work on copies."""
    source = SourceConfig(kind="tables", path=simulated)
    root = tmp_path_factory.mktemp("done") / "var"
    config = PipelineConfig(workspace=root, source=source, train=RECIPE, evaluate=FEW)
    for step in (ingest, join, train, evaluate):
        step(config)
    return config


@pytest.fixture
def config(done, tmp_path) -> PipelineConfig:
    """The same in a workspace of the test's own."""
    shutil.copytree(done.workspace, tmp_path / "var", symlinks=True)
    return replace(done, workspace=tmp_path / "var")


@pytest.fixture(scope="session")
def other_recipe() -> Callable[[PipelineConfig], PipelineConfig]:
    """The same config with another recipe."""

    def change(config: PipelineConfig) -> PipelineConfig:
        factors = replace(config.train.cores.factors, factors=4)
        return replace(config, train=replace(config.train, cores=replace(config.train.cores, factors=factors)))

    return change
