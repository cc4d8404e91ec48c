"""What is measured: the pipeline's steps, and the bare engine beside those that have one. A new step is one line.

A step prepares, then works within `with clock:`. It finds what earlier steps wrote in the setting's workspace.
"""

from collections.abc import Callable
from dataclasses import dataclass

from scipy import sparse

from pipelines.benchmark.clock import Clock
from pipelines.benchmark.engines import implicit_factors, scipy_profiles
from pipelines.benchmark.setting import Setting
from pipelines.evaluate import evaluate
from pipelines.ingest.run import ingest
from pipelines.join.config import JoinConfig
from pipelines.join.run import join
from pipelines.join.storage import read_joined
from pipelines.publish import publish
from pipelines.train import train
from recsys.datasets.simulator import SimulatorConfig, simulate
from recsys.models.factors import alternate, fit_factors, stacked


@dataclass(frozen=True, kw_only=True)
class Step:
    """One measurement."""

    run: Callable[[Setting, Clock], None]
    beside: str | None = None
    """For a bare engine, what of ours does the same work."""
    part_of: str | None = None
    """For something measured alone, what it is a part of."""
    iterated: bool = False
    """Whether its time is for `Setting.iterations` iterations."""

    @property
    def in_ring(self) -> bool:
        """Whether the pipeline itself runs it, as a step of its own."""
        return self.beside is None and self.part_of is None


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
    config = setting.config()
    with clock:
        ingest(config)


def join_tables(setting: Setting, clock: Clock) -> None:
    """Join tags with behaviour as of each event, and write the result."""
    config = setting.config()
    with clock:
        join(config)


def multiply(setting: Setting, clock: Clock) -> None:
    """Only the product viewers × tags at the end, by scipy."""
    data, config = read_joined(setting.folders.joined).data, JoinConfig()
    with clock:
        scipy_profiles(data.events, data.tags, data.as_of, config.profile_half_life_days, config.top_tags)


def fit_ours(setting: Setting, clock: Clock) -> None:
    """Fit the factors model, its map from tags and all."""
    data, config = read_joined(setting.folders.joined).data, setting.config().train.cores.factors
    with clock:
        fit_factors(data, config)


def iterate_ours(setting: Setting, clock: Clock) -> None:
    """Only the factors model's iterations, on events and tags stacked."""
    matrix, config = _stacked(setting), setting.config().train.cores.factors
    with clock:
        alternate(matrix, config)


def iterate_bare(setting: Setting, clock: Clock) -> None:
    """The same by `implicit` alone."""
    matrix = sparse.csr_matrix(_stacked(setting))
    with clock:
        implicit_factors(matrix, setting.factors, setting.iterations, setting.threads, setting.seed)


def train_bundle(setting: Setting, clock: Clock) -> None:
    """Rehearse, choose settings and blend, fit the cores on everything, write the bundle."""
    config = setting.config()
    with clock:
        train(config)


def evaluate_bundle(setting: Setting, clock: Clock) -> None:
    """Fit the recipe again without what is asked, and what the gate holds it against; ask a sample of viewers."""
    config = setting.config()
    with clock:
        evaluate(config)


def publish_bundle(setting: Setting, clock: Clock) -> None:
    """Verify the bundle, copy it and point to it, whatever the gate found."""
    config = setting.config()
    with clock:
        publish(config, force=True)


def _stacked(setting: Setting) -> sparse.csr_array:
    data = read_joined(setting.folders.joined).data
    return stacked(data.events.matrix().maximum(0), data.tags, setting.config().train.cores.factors)


STEPS = {
    "simulate": Step(run=simulate_tables),
    "ingest": Step(run=ingest_tables),
    "join": Step(run=join_tables),
    "scipy product": Step(run=multiply, beside="join"),
    "factors": Step(run=fit_ours, part_of="train"),
    "als": Step(run=iterate_ours, part_of="factors", iterated=True),
    "implicit": Step(run=iterate_bare, beside="als", iterated=True),
    "train": Step(run=train_bundle),
    "evaluate": Step(run=evaluate_bundle),
    "publish": Step(run=publish_bundle),
}
"""By name, in the order they run."""
