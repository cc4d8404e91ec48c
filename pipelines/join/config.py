"""What the join can be told."""

from dataclasses import dataclass
from datetime import UTC, datetime

from recsys.errors import ConfigError, require


@dataclass(frozen=True, kw_only=True)
class JoinConfig:
    """How events and taggings become a training set. Event weights and tag weights have configs of their own."""

    cutoff: str | None = None
    """ISO 8601, UTC unless it says otherwise; events at or after it are left out. None: all that is in the tables."""
    profile_half_life_days: float = 90.0
    """Age at which a viewer's last event on a video counts half in the viewer's tag profile; may be inf."""
    popularity_half_life_days: float = 14.0
    """Age at which an event counts half in its video's popularity; may be inf."""
    cap: float = 3.0
    """A viewer's events on one video weigh at most this much together, and at least its negative."""
    top_tags: int = 100
    """How many tags of a viewer's profile are kept: those of the largest weight, its sign aside."""
    memory: str = "1500MB"
    """What DuckDB may hold before it spills to disk. Changes no result."""
    threads: int = 2
    """Changes no result."""

    def __post_init__(self) -> None:
        for name in ("profile_half_life_days", "popularity_half_life_days", "cap"):
            value = getattr(self, name)
            require(value > 0, f"join.{name} is {value}; it must be above 0", ConfigError)
        for name in ("top_tags", "threads"):
            value = getattr(self, name)
            require(value >= 1, f"join.{name} is {value}; it must be at least 1", ConfigError)
        _ = self.cutoff_ms

    @property
    def cutoff_ms(self) -> int | None:
        """The cutoff in ms since 1970 UTC; None without one."""
        if self.cutoff is None:
            return None
        try:
            moment = datetime.fromisoformat(self.cutoff)
        except ValueError:
            raise ConfigError(f"join.cutoff is {self.cutoff!r}; it must be a time like 2024-05-31T00:00:00Z") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        since = moment - datetime.fromtimestamp(0, UTC)
        return (since.days * 86_400_000 + since.seconds * 1000) + since.microseconds // 1000
