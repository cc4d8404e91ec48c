"""How large the simulated platform is and how strongly each thing moves its viewers."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime

from recsys.errors import ConfigError, require
from recsys.schema import DAY_MS

EPOCH_MS = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""When every simulation starts."""
BLOCK_EVENTS = 50_000
"""A block of time holds about this many events at most; tastes, catalogue and policy stand still in it."""


@dataclass(frozen=True, kw_only=True)
class SimulatorConfig:
    """Everything that decides a simulation: the same config gives the same bytes."""

    n_viewers: int = 1_000
    n_videos: int = 2_000
    n_events: int = 50_000
    """What viewers did; impressions come on top. The last slate is finished, so a few more come out."""
    n_tags: int = 200
    tags_per_video: int = 20
    """How many different tags truly belong to a video, before some are missed and some are wrong."""
    days: int = 30
    seed: int = 0
    slate_size: int = 8
    position_bias: float = 0.7
    """A viewer examines position k, from 0, with probability (k + 1) ** -position_bias."""
    taste_strength: float = 2.0
    """Weight of tag taste in the log-odds of a play, per standard deviation."""
    quality_strength: float = 0.4
    freshness_strength: float = 1.0
    freshness_half_life_days: float = 3.0
    taste_half_life_days: float = 60.0
    """After so many days half of a viewer's taste is new."""
    explore: float = 0.1
    """Share of the slates' places that the logging policy fills uniformly at random."""
    missing_tags: float = 0.2
    """Share of true tags that nobody reports."""
    wrong_tags: float = 0.1
    """Share of reported tags that do not belong."""
    back_catalogue: float = 0.4
    """Share of videos, and of viewers, that are there at the start."""

    def __post_init__(self) -> None:
        limits: dict[str, tuple[float, float]] = {
            "n_viewers": (1, 50_000_000), "n_videos": (2, 50_000_000), "n_events": (1, 10**11), "n_tags": (8, 100_000),
            "tags_per_video": (1, 200), "days": (1, 3650), "seed": (0, 2**63 - 1), "slate_size": (1, 100),
            "position_bias": (0, 5), "taste_strength": (0, 10), "quality_strength": (0, 10),
            "freshness_strength": (0, 10), "freshness_half_life_days": (0.01, 3650),
            "taste_half_life_days": (0.1, 1e6), "explore": (0.001, 1), "missing_tags": (0, 0.9),
            "wrong_tags": (0, 0.9), "back_catalogue": (0.01, 1),
        }  # fmt: skip
        for one in fields(self):
            low, high = limits[one.name]
            value = getattr(self, one.name)
            require(low <= value <= high, f"{one.name} is {value}; it must be within {low} and {high}", ConfigError)
        for name, other in (("tags_per_video", "n_tags"), ("slate_size", "n_videos")):
            value, most = getattr(self, name), getattr(self, other) // 2
            require(value <= most, f"{name} is {value}; it must be at most half of {other}, {most}", ConfigError)

    @property
    def end_ms(self) -> int:
        """The first millisecond after the simulation."""
        return EPOCH_MS + self.days * DAY_MS

    @property
    def n_blocks(self) -> int:
        """Blocks of equal length: four a day, fewer where events are few, more where they are many."""
        return max(min(4 * self.days, self.n_events // 50), -(-self.n_events // BLOCK_EVENTS), 1)

    def block_ends(self) -> list[int]:
        """(n_blocks + 1,) ms at which blocks begin and the last one ends."""
        return [EPOCH_MS + self.days * DAY_MS * block // self.n_blocks for block in range(self.n_blocks + 1)]
