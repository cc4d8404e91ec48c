"""Random order: what any method must beat. Each viewer has their own order, and always the same one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.errors import ConfigError, require
from recsys.interactions import Profiles, TrainingData, Videos
from recsys.models.base import Parts
from recsys.schema import Floats

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class RandomConfig:
    """Which random order."""

    seed: int = 0

    def __post_init__(self) -> None:
        require(self.seed >= 0, f"random.seed is {self.seed}; it must be at least 0", ConfigError)


@dataclass(frozen=True, eq=False)
class RandomModel:
    """Scores by a hash of the video and of the viewer's history, so a batch scores as each viewer alone does."""

    config: RandomConfig

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """Evenly spread within 0..1; NaN only for videos newer than the model."""
        rows = profiles.videos.rows[profiles.index]
        past = _mixed(rows.astype(np.uint64) + np.uint64(self.config.seed + 1))
        viewers = np.zeros(len(profiles), np.uint64)
        np.add.at(viewers, profiles.viewer[rows >= 0], past[rows >= 0])
        numbers = _mixed(_mixed(viewers)[:, None] ^ _mixed(videos.rows.astype(np.uint64) + np.uint64(self.config.seed)))
        scores = (numbers >> np.uint64(40)).astype(np.float32) / np.float32(2**24)
        scores[:, videos.rows < 0] = np.nan
        return scores

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """No part is a past video's or a tag's: chance is nobody's reason."""
        nothing = sparse.csr_array(videos.tags.shape, dtype=np.float32)
        past = np.zeros((len(videos), len(profile.index)), np.float32)
        return Parts(past, nothing, np.nan_to_num(self.score(profile, videos)[0], nan=0.0))


def fit_random(data: TrainingData, config: RandomConfig = RandomConfig()) -> RandomModel:
    """Nothing is learned."""
    return RandomModel(config)


def _mixed(numbers: Hashes) -> Hashes:
    """Spread 64-bit numbers evenly: the finaliser of SplitMix64 (Steele, Lea and Flood 2014); wraps around."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
