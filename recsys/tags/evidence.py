"""What one analyser saw or heard in one stretch of a video: the form in which analysers hand over to fusion."""

from dataclasses import dataclass
from math import isfinite

from recsys.errors import require

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the frame's width and height, from its upper left corner."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One observation; not yet a tag, for nobody has compared it with the others.

    Raises:
        DataError: a field is empty or out of its range.
    """

    dimension: str
    """A word of the taxonomy's dimensions, such as object, text, speech, keyword, audio, category; or a custom one."""
    label: str
    """What was found, in the source's own words: a class name, a caption, a sentence, a keyword."""
    language: str | None
    """Of the label, such as `en` or `zh`; None where it has none or it is not known."""
    confidence: float
    """In [0, 1], on the source's own scale."""
    start_ms: int
    end_ms: int
    """The stretch [start_ms, end_ms) of the video; both the same for a moment."""
    box: Box | None
    """Where in the frame; None for the whole of it, and for sound."""
    source: str
    """The analyser's name."""
    version: str
    """Of the analyser's model."""

    def __post_init__(self) -> None:
        """Check every field."""
        for name in ("dimension", "label", "source", "version"):
            require(bool(getattr(self, name).strip()), f"evidence has an empty {name}; give it one")
        require(self.language != "", "evidence has an empty language; use None where it is not known")
        require(0 <= self.confidence <= 1, f"confidence of {self.label!r} is {self.confidence}; it must be in [0, 1]")
        require(
            0 <= self.start_ms <= self.end_ms,
            f"{self.label!r} lasts from {self.start_ms} to {self.end_ms} ms; 0 ≤ start_ms ≤ end_ms must hold",
        )
        if self.box is not None:
            left, top, right, bottom = self.box
            whole = all(map(isfinite, self.box)) and 0 <= left <= right <= 1 and 0 <= top <= bottom <= 1
            require(whole, f"box of {self.label!r} is {self.box}; it must be left, top, right, bottom in [0, 1]")
