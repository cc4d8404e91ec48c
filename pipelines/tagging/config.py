"""Everything that tagging can be told: one TOML file, one table an analyser."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.tagging.analysers.captions import CaptionsConfig
from pipelines.tagging.analysers.classes import ClassesConfig
from pipelines.tagging.analysers.keywords import KeywordsConfig
from pipelines.tagging.analysers.objects import ObjectsConfig
from pipelines.tagging.analysers.own_models import OwnClassifierConfig, OwnClipConfig, OwnDetectorConfig
from pipelines.tagging.analysers.prototypes import PrototypesConfig
from pipelines.tagging.analysers.shots import ShotsConfig
from pipelines.tagging.analysers.sounds import SoundsConfig
from pipelines.tagging.analysers.speech import SpeechConfig
from pipelines.tagging.analysers.speech_endpoint import SpeechEndpointConfig
from pipelines.tagging.analysers.topics import TopicsConfig
from pipelines.tagging.analysers.vision_endpoint import VisionEndpointConfig
from pipelines.tagging.media import MediaLimits
from pipelines.tagging.view import SamplingConfig
from pipelines.toml_config import read_config
from recsys.tags.fusion.config import FusionConfig


@dataclass(frozen=True, kw_only=True)
class TaggingConfig:
    """How videos are analysed."""

    only: tuple[str, ...] = ()
    """Names of the analysers to run; all if empty."""
    without: tuple[str, ...] = ()
    """Names of analysers to leave out."""
    cache: Path | None = None
    """Where models are kept; `TAGREEL_CACHE` or the system's cache folder if absent."""
    limits: MediaLimits = MediaLimits()
    sampling: SamplingConfig = SamplingConfig()
    shots: ShotsConfig = ShotsConfig()
    captions: CaptionsConfig = CaptionsConfig()
    speech: SpeechConfig = SpeechConfig()
    sounds: SoundsConfig = SoundsConfig()
    objects: ObjectsConfig = ObjectsConfig()
    classes: ClassesConfig = ClassesConfig()
    keywords: KeywordsConfig = KeywordsConfig()
    topics: TopicsConfig = TopicsConfig()
    prototypes: PrototypesConfig = PrototypesConfig()
    classifiers: dict[str, OwnClassifierConfig] = field(default_factory=dict)
    """Your own ONNX classifiers, by name."""
    detectors: dict[str, OwnDetectorConfig] = field(default_factory=dict)
    """Your own ONNX detectors, by name."""
    clips: dict[str, OwnClipConfig] = field(default_factory=dict)
    """Your own pairs of ONNX encoders of pictures and texts, by name."""
    fusion: FusionConfig = FusionConfig()
    vision_endpoint: VisionEndpointConfig | None = None
    """An OpenAI-compatible model of pictures; frames are sent there."""
    speech_endpoint: SpeechEndpointConfig | None = None
    """An OpenAI-compatible transcription; the sound is sent there."""


def read_tagging_config(path: Path | None = None, overrides: Sequence[str] = ()) -> TaggingConfig:
    """The config from a file, or the defaults; `overrides` win.

    Raises:
        ConfigError: see `read_config`.
    """
    return read_config(TaggingConfig, path, overrides)
