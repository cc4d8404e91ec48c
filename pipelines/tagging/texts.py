"""All words of a video: its title, what stands on the screen, and what is said."""

from dataclasses import dataclass

from pipelines.tagging.script import language_of
from pipelines.tagging.view import View

WORDS = ("text", "speech")
"""Dimensions whose labels are words of the video itself."""


@dataclass(frozen=True)
class Text:
    """Some words and the stretch in which they are seen or heard."""

    words: str
    language: str | None
    confidence: float
    start_ms: int
    end_ms: int


def texts(view: View) -> list[Text]:
    """The title for the whole video, then what was read and heard, in the order of time."""
    title = view.title.strip()
    whole_ms = view.shots[-1].end_ms if view.shots else view.media.duration_ms
    titled = [Text(title, language_of(title), 1.0, 0, whole_ms)] if title else []
    found = sorted((one for one in view.found if one.dimension in WORDS), key=lambda one: one.start_ms)
    return titled + [Text(one.label, one.language, one.confidence, one.start_ms, one.end_ms) for one in found]
