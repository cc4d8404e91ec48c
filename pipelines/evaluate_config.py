"""What the evaluation can be told."""

from dataclasses import dataclass
from typing import Literal, get_args

from recsys.errors import ConfigError, require
from recsys.models.baselines import BASELINES

Split = Literal["leave_last", "cold_videos", "cold_viewers", "global_time"]


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """What is held out and measured."""

    splits: tuple[Split, ...] = ("leave_last", "cold_videos")
    ks: tuple[int, ...] = (10, 20)
    metrics: tuple[str, ...] = ("ndcg", "recall")
    gate: str = "ndcg@10"
    """The metric that `publish` decides by."""
    name: str = "data"
    """What reports call the data."""
    max_viewers: int = 20_000
    """How many viewers a split asks at most; where there are more, the seed draws them."""
    baselines: tuple[str, ...] = tuple(BASELINES)
    """What the hybrid is held against; those that the gate needs are measured anyway."""
    seed: int = 0

    def __post_init__(self) -> None:
        unknown = [one for one in self.splits if one not in get_args(Split)]
        known = ", ".join(get_args(Split))
        require(not unknown, f"evaluate.splits has {', '.join(unknown)}; it may have {known}", ConfigError)
        require(len(self.splits) > 0, f"evaluate.splits is empty; it may have {known}", ConfigError)
        strangers = [one for one in self.baselines if one not in BASELINES]
        told = f"evaluate.baselines has {', '.join(strangers)}; it may have {', '.join(BASELINES)}"
        require(not strangers, told, ConfigError)
        require(
            self.max_viewers >= 1, f"evaluate.max_viewers is {self.max_viewers}; it must be at least 1", ConfigError
        )
        made = [f"{metric}@{k}" for metric in self.metrics for k in self.ks]
        require(self.gate in made, f"evaluate.gate is {self.gate!r}; it must be one of {', '.join(made)}", ConfigError)
