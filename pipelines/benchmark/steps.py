"""What is measured: the pipeline's steps, and the bare engine beside those that have one. A new step is one line.

A step prepares, then works within `with clock:`. It finds what earlier steps wrote in the setting's workspace.
"""

from collections.abc import Callable
from dataclasses import dataclass

from scipy import sparse

from pipelines.benchmark.clock import Clock
from pipelines.benchmark.engines import implicit_factors, scipy_profiles
from pipelines.benchmark.setting import Setting
from pipelines.config import PipelineConfig
from pipelines.ingest.config import SourceConfig
from pipelines.ingest.run import ingest
from pipelines.join.config import JoinConfig
from pipelines.join.run import join
from pipelines.join.storage import read_joined
from recsys.datasets.simulator import SimulatorConfig, simulate
from recsys.models.factors import FactorsConfig, fit_factors


@dataclass(frozen=True, kw_only=True)
class Step:
    """One measurement."""

    run: Callable[[Setting, Clock], None]
    beside: str | None = None
    """The step of the pipeline that does the same work; None for a step of the pipeline itself."""
    iterated: bool = False
    """Whether its time is for `Setting.iterations` iterations."""


def simulate_tables(setting: Setting, clock: Clock) -> None:
    """Simulate a platform."""
    config = SimulatorConfig(
        n_events=setting.n_events, n_viewers=setting.n_viewers, n_videos=setting.n_videos, n_tags=setting.n_tags,
        tags_per_video=setting.tags_per_video, seed=setting.seed,
    )  # fmt: skip
    with clock:
        simulate(config, setting.simulated)


def ingest_tables(setting: Setting, clock: Clock) -> None:
    """Check and sort the simulated tables."""
    source = SourceConfig(kind="tables", path=setting.simulated)
    with clock:
        ingest(PipelineConfig(workspace=setting.folders.root, source=source))


def join_tables(setting: Setting, clock: Clock) -> None:
    """Join tags with behaviour as of each event, and write the result."""
    config = PipelineConfig(workspace=setting.folders.root, join=JoinConfig(threads=setting.threads))
    with clock:
        join(config)


def multiply(setting: Setting, clock: Clock) -> None:
    """Only the product viewers × tags at the end, by scipy."""
    data, config = read_joined(setting.folders.joined).data, JoinConfig()
    with clock:
        scipy_profiles(data.events, data.tags, data.as_of, config.profile_half_life_days, config.top_tags)


def fit_ours(setting: Setting, clock: Clock) -> None:
    """Fit the factors model, tags and all."""
    data = read_joined(setting.folders.joined).data
    with clock:
        fit_factors(data, _factors_config(setting))


def fit_bare(setting: Setting, clock: Clock) -> None:
    """Fit the same matrix, events and tags stacked, by `implicit` alone."""
    data, config = read_joined(setting.folders.joined).data, _factors_config(setting)
    stacked = sparse.vstack([data.events.matrix().maximum(0), data.tags.T * config.tag_weight], "csr", "float32")
    with clock:
        implicit_factors(sparse.csr_matrix(stacked), setting.factors, setting.iterations, setting.threads, setting.seed)


def _factors_config(setting: Setting) -> FactorsConfig:
    return FactorsConfig(
        factors=setting.factors, iterations=setting.iterations, threads=setting.threads, seed=setting.seed
    )


STEPS = {
    "simulate": Step(run=simulate_tables),
    "ingest": Step(run=ingest_tables),
    "join": Step(run=join_tables),
    "scipy product": Step(run=multiply, beside="join"),
    "als": Step(run=fit_ours, iterated=True),
    "implicit": Step(run=fit_bare, beside="als", iterated=True),
}
"""By name, in the order they run."""
