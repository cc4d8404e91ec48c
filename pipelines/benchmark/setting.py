"""How large the benchmark is."""

from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.workspace import Workspace
from recsys.errors import ConfigError, require


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

    def title(self) -> str:
        """In words."""
        return (
            f"{self.n_events:,} events of {self.n_viewers:,} viewers on {self.n_videos:,} videos "
            f"with {self.tags_per_video} tags each, {self.threads} threads"
        )
