"""How evidence becomes tags, where nothing is fitted: what editors decide."""

from dataclasses import dataclass

from recsys.errors import ConfigError, require


@dataclass(frozen=True, kw_only=True)
class FusionConfig:
    """What a platform can say of fusion.

    Raises:
        ConfigError: a number is out of its range.
    """

    threshold: float | None = None
    """Tags below this confidence are left out; None takes the one that was fitted."""
    most_tags: int = 50
    """How many tags a video has at most, the best first."""
    keep_unknown: bool = True
    """Whether a label that names no tag becomes a tag of its own."""
    min_similarity: float = 0.6
    """How near a label must be to a tag's name for a text encoder to count as that tag, as cosine."""
    blacklist: tuple[str, ...] = ()
    """Tags that no video gets: ids, or names in any language."""
    hot_words: tuple[str, ...] = ()
    """Tags that matter now: ids, or names."""
    hot_boost: float = 1.0
    """What a hot word adds to the log-odds of its tag."""
    custom_boost: float = 0.5
    """What a tag of the custom dimension gains in log-odds: somebody made it, so somebody wants it."""
    implied_share: float = 1.0
    """What a parent gets of its child's confidence, 0 to 1; 0 implies no parents."""

    def __post_init__(self) -> None:
        """Check every number."""
        for name in ("threshold", "min_similarity", "implied_share"):
            value = getattr(self, name)
            require(
                value is None or 0 <= value <= 1, f"fusion.{name} is {value}; it must be within 0 and 1", ConfigError
            )
        require(self.most_tags >= 1, f"fusion.most_tags is {self.most_tags}; it must be at least 1", ConfigError)
        for name in ("hot_boost", "custom_boost"):
            value = getattr(self, name)
            require(0 <= value <= 10, f"fusion.{name} is {value}; it must be within 0 and 10", ConfigError)
