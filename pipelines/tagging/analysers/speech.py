"""What is said, Chinese, English and more, by faster-whisper.

Speech is cut where nobody speaks for a while, so that each part has its own language; whisper hears 30 s at a time and
one part costs as much as 30 s.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.tagging.decoding import SOUND_HZ, Sound
from pipelines.tagging.engines import engine
from pipelines.tagging.script import language_of
from pipelines.tagging.view import View
from pipelines.tagging.weights import WHISPER_BASE, weights
from recsys.errors import ConfigError, require
from recsys.tags.evidence import Evidence

NAME = "speech"
WINDOW_S = 30.0
TOKENS_S = 12
"""Nobody says more word pieces in a second; a model that hears words in a saxophone does."""
REPETITION = 2.4
"""Words that pack better than this are one word over and over; whisper's own threshold."""


@dataclass(frozen=True, kw_only=True)
class SpeechConfig:
    """How speech is heard."""

    model: Path | None = None
    """A folder with another whisper model in CTranslate2's form; whisper-base without it."""
    language: str | None = None
    """`en`, `zh` and so on where it is known; found out for each part of the speech without it."""
    pause_s: float = 2.0
    """After so long a silence the language may be another."""
    confidence: float = 0.3
    """Less sure sentences are dropped."""
    threads: int = 1
    """Processor threads."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        require(0 <= self.confidence <= 1, f"confidence is {self.confidence}; it must be in [0, 1]", ConfigError)
        require(self.pause_s > 0, f"pause_s is {self.pause_s}; it must be above 0", ConfigError)
        require(self.threads > 0, f"threads is {self.threads}; it must be above 0", ConfigError)


class Speech:
    """Writes down what is said, a sentence or so at a time; Chinese in simplified characters."""

    def __init__(self, config: SpeechConfig, model: Any, vad: Any, simplified: Any, made_by: str) -> None:
        self.config, self.model, self.vad, self.simplified, self.version = config, model, vad, simplified, made_by

    def analyse(self, view: View) -> Iterable[Evidence]:
        """Each stretch of speech with its words; its confidence is the mean probability of a word piece."""
        for begin, end in self._parts(view.sound):
            yield from self._heard(view.sound[begin:end], round(1000 * begin / SOUND_HZ))

    def _parts(self, sound: Sound) -> Iterator[tuple[int, int]]:
        """(first, past last sample) of speech without a long pause, at most a window long."""
        if not len(sound):
            return
        options = self.vad.VadOptions(max_speech_duration_s=WINDOW_S - 1, min_silence_duration_ms=500)
        begin, end = -1, -1
        for one in self.vad.get_speech_timestamps(sound, options):
            apart = one["start"] - end > self.config.pause_s * SOUND_HZ
            if begin >= 0 and (apart or one["end"] - begin > WINDOW_S * SOUND_HZ):
                yield begin, end
                begin = -1
            begin, end = (one["start"] if begin < 0 else begin), one["end"]
        if begin >= 0:
            yield begin, end

    def _heard(self, sound: Sound, at_ms: int) -> Iterator[Evidence]:
        segments, info = self.model.transcribe(
            sound, language=self.config.language, beam_size=1, temperature=0.0, condition_on_previous_text=False,
            max_new_tokens=16 + round(TOKENS_S * len(sound) / SOUND_HZ),
        )  # fmt: skip
        length_ms = round(1000 * len(sound) / SOUND_HZ)
        for one in segments:
            words, sure = one.text.strip(), math.exp(min(0.0, one.avg_logprob)) * (1 - one.no_speech_prob)
            if not words or sure < self.config.confidence or one.compression_ratio > REPETITION:
                continue
            chinese = info.language == "zh"
            start_ms = at_ms + min(length_ms, round(1000 * one.start))
            yield Evidence(
                dimension="speech", label=self.simplified.convert(words) if chinese else words,
                language=info.language if chinese or language_of(words) != "zh" else "zh", confidence=sure,
                start_ms=start_ms, end_ms=max(start_ms, at_ms + min(length_ms, round(1000 * one.end))), box=None,
                source=NAME, version=self.version,
            )  # fmt: skip


def load_speech(config: SpeechConfig, cache_dir: Path | None = None) -> Speech:
    """The analyser.

    Raises:
        MissingExtraError: its packages are not installed.
        AssetError: the model cannot be had.
        ConfigError: there is no such folder, or no model in it.
    """
    whisper = engine("faster_whisper", "hearing speech", "asr")
    vad = engine("faster_whisper.vad", "hearing speech", "asr")
    opencc = engine("opencc", "hearing speech", "asr")
    folder = config.model or weights(WHISPER_BASE, cache_dir)
    require((folder / "model.bin").is_file(), f"speech.model is {folder}, which holds no model.bin", ConfigError)
    model = whisper.WhisperModel(
        str(folder), device="cpu", compute_type="int8", cpu_threads=config.threads, local_files_only=True
    )
    made_by = folder.name if config.model else WHISPER_BASE.name
    return Speech(config, model, vad, opencc.OpenCC("t2s"), made_by)
