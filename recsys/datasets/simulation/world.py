"""What stands before the first event of a simulation."""

from dataclasses import dataclass

from recsys.datasets.simulation.audience import Audience, simulate_audience
from recsys.datasets.simulation.catalogue import Catalogue, simulate_catalogue
from recsys.datasets.simulation.config import SimulatorConfig
from recsys.datasets.simulation.taxonomy import SimulatedTags, simulate_tags


@dataclass(frozen=True, eq=False)
class World:
    """Tags, videos and viewers of one config."""

    config: SimulatorConfig
    tags: SimulatedTags
    catalogue: Catalogue
    audience: Audience

    @classmethod
    def of(cls, config: SimulatorConfig) -> "World":
        """Draw tags, videos and viewers."""
        tags = simulate_tags(config)
        return cls(config, tags, simulate_catalogue(config, tags), simulate_audience(config, tags))
