"""What is said, by an OpenAI-compatible transcription endpoint; the sound leaves this machine."""

import io
import math
import secrets
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pipelines.tagging.decoding import SOUND_HZ, Sound
from pipelines.tagging.endpoint import Endpoint, EndpointConfig, EndpointError, SpentError
from pipelines.tagging.script import language_of
from pipelines.tagging.view import View
from recsys.errors import ConfigError, require
from recsys.tags.evidence import Evidence

NAME = "speech_endpoint"
LANGUAGES = {"english": "en", "chinese": "zh", "mandarin": "zh", "japanese": "ja", "korean": "ko"}
"""Endpoints name languages or give their codes."""
UNKNOWN = 0.7
"""Confidence of words of which the endpoint does not say how sure it is."""


@dataclass(frozen=True, kw_only=True)
class SpeechEndpointConfig(EndpointConfig):
    """The endpoint, how much it is sent at once, and its price."""

    chunk_s: float = 300.0
    """Longer sound is sent in parts of so many seconds."""
    price_minute: float = 0.0
    """Of a minute of sound."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        super().__post_init__()
        require(self.chunk_s >= 1, f"chunk_s is {self.chunk_s}; it must be at least 1", ConfigError)


class SpeechEndpoint:
    """Sends the sound part by part until the budget is used up."""

    def __init__(self, config: SpeechEndpointConfig, endpoint: Endpoint) -> None:
        self.config, self.endpoint, self.version = config, endpoint, config.model

    def analyse(self, view: View) -> Iterable[Evidence]:
        """Each stretch of speech with its words."""
        step = int(self.config.chunk_s * SOUND_HZ)
        for first in range(0, len(view.sound), step):
            part = view.sound[first : first + step]
            price = len(part) / SOUND_HZ / 60 * self.config.price_minute
            if self.endpoint.spent + price > self.config.max_cost:
                return
            try:
                answer = self.endpoint.post("audio/transcriptions", *self._form(part), partial(_fixed, price))
            except SpentError:
                return
            yield from self._said(answer, round(1000 * first / SOUND_HZ), round(1000 * len(part) / SOUND_HZ))

    def _form(self, part: Sound) -> tuple[bytes, str]:
        """A form with the sound, and its content type."""
        edge = secrets.token_hex(16)
        fields = {"model": self.config.model, "response_format": "verbose_json"}
        lead = f"--{edge}\r\nContent-Disposition: form-data; name="
        told = "".join(f'{lead}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
        file = 'Content-Disposition: form-data; name="file"; filename="sound.wav"\r\nContent-Type: audio/wav\r\n\r\n'
        body = f"{told}--{edge}\r\n{file}".encode() + wav_bytes(part) + f"\r\n--{edge}--\r\n".encode()
        return body, f"multipart/form-data; boundary={edge}"

    def _said(self, answer: dict[str, Any], at_ms: int, length_ms: int) -> Iterator[Evidence]:
        segments = answer.get("segments")
        whole = {"start": 0, "end": length_ms / 1000, "text": answer.get("text", "")}
        given = str(answer.get("language") or "").lower()
        for one in segments if isinstance(segments, list) else [whole]:
            try:
                words = str(one["text"]).strip()
                start, end = (min(length_ms, max(0, round(1000 * float(one[edge])))) for edge in ("start", "end"))
                sure = one.get("avg_logprob")
            except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
                raise EndpointError(f"the endpoint's answer has a segment of another form: {error!r}") from error
            if words:
                yield Evidence(
                    dimension="speech", label=words, language=LANGUAGES.get(given, given) or language_of(words),
                    confidence=math.exp(min(0.0, sure)) if isinstance(sure, (int, float)) else UNKNOWN,
                    start_ms=at_ms + start, end_ms=at_ms + max(start, end), box=None, source=NAME, version=self.version,
                )  # fmt: skip


def _fixed(price: float, answer: dict[str, Any]) -> float:
    """Sound costs by its length, whatever the answer."""
    return price


def wav_bytes(sound: Sound) -> bytes:
    """A WAV file of 16 bits."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_HZ)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return out.getvalue()


def load_speech_endpoint(config: SpeechEndpointConfig | None) -> SpeechEndpoint:
    """The analyser; ConfigError where no endpoint is configured or its key is not in the environment."""
    if config is None:
        raise ConfigError("no endpoint is configured; set speech_endpoint.url and speech_endpoint.model")
    _ = config.key
    return SpeechEndpoint(config, Endpoint(config))
