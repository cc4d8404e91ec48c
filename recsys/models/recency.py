"""How much a past video still counts: by its age in days and by how many newer videos the viewer has had."""

from dataclasses import dataclass

import numpy as np

from recsys.errors import ConfigError, require
from recsys.interactions import Profiles
from recsys.schema import Floats
from recsys.timeline import decay


@dataclass(frozen=True, kw_only=True)
class Recency:
    """Both decays multiply; infinite means that nothing fades."""

    half_life_days: float = float("inf")
    tau_steps: float = float("inf")
    """A video with s newer ones counts exp(-s / tau)."""

    def __post_init__(self) -> None:
        for name in ("half_life_days", "tau_steps"):
            value = getattr(self, name)
            require(value > 0, f"recency.{name} is {value}; it must be above 0", ConfigError)

    def weights(self, profiles: Profiles) -> Floats:
        """(n_past,) the profiles' weights, faded."""
        fade = decay(profiles.ages_days, self.half_life_days) * np.exp(-profiles.steps / np.float32(self.tau_steps))
        return (profiles.weights * fade).astype(np.float32)
