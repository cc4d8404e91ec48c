"""How large the benchmark is."""

from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.config import PipelineConfig
from pipelines.evaluate_config import EvaluateConfig
from pipelines.ingest.config import SourceConfig
from pipelines.join.config import JoinConfig
from pipelines.workspace import Workspace
from recsys.errors import ConfigError, require
from recsys.models.calibrate import CalibrateConfig, HybridConfig
from recsys.models.factors import FactorsConfig
from recsys.models.hybrid import CoresConfig
from recsys.models.item_item import ItemItemConfig
from recsys.models.sequence import SequenceConfig


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The platform to simulate and the model to fit."""

    workspace: str
    n_events: int
    n_viewers: int
    n_videos: int
    n_tags: int
    tags_per_video: int
    factors: int = 64
    iterations: int = 3
    covered: int = 5_000
    """How many of the most watched videos item to item and sequence cover."""
    asked: int = 1_000
    """How many viewers the evaluation asks."""
    threads: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            least = 0 if name == "seed" else 1
            require(
                isinstance(value, str) or value >= least, f"{name} is {value}; it must be at least {least}", ConfigError
            )

    @property
    def folders(self) -> Workspace:
        """Where the steps leave their outputs for the next."""
        return Workspace(Path(self.workspace))

    @property
    def simulated(self) -> Path:
        """The simulator's tables."""
        return Path(self.workspace) / "simulated"

    def config(self) -> PipelineConfig:
        """The pipeline's, for every step."""
        factors = FactorsConfig(factors=self.factors, iterations=self.iterations, threads=self.threads, seed=self.seed)
        cores = CoresConfig(
            item_item=ItemItemConfig(max_videos=self.covered),
            sequence=SequenceConfig(max_videos=self.covered),
            factors=factors,
        )
        return PipelineConfig(
            workspace=Path(self.workspace),
            source=SourceConfig(kind="tables", path=self.simulated),
            join=JoinConfig(threads=self.threads),
            train=HybridConfig(cores, CalibrateConfig(tune=False)),
            evaluate=EvaluateConfig(splits=("leave_last",), baselines=(), max_viewers=self.asked, seed=self.seed),
        )

    def title(self) -> str:
        """In words."""
        return (
            f"{self.n_events:,} events of {self.n_viewers:,} viewers on {self.n_videos:,} videos "
            f"with {self.tags_per_video} of {self.n_tags:,} tags each, {self.threads} threads"
        )
