"""What an analyser is, and what a chain knows of one before it is loaded."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from pipelines.tagging.view import View
from recsys.tags.evidence import Evidence


class Analyser(Protocol):
    """Finds evidence of its kind in a video. It holds its model, and may be used for one video after the other."""

    def analyse(self, view: View) -> Iterable[Evidence]:
        """All it finds; nothing where the video has nothing for it, such as no sound."""
        ...


@dataclass(frozen=True)
class Kind:
    """An analyser that can be loaded."""

    name: str
    """Its name in configs and reports, and the source of its evidence."""
    finds: str
    """In a few words."""
    load: Callable[[], Analyser]
    """Raises MissingExtraError, AssetError or ConfigError where it cannot be had, with what changes that."""
