"""What analysers are given to see: the file, its shots, a few frames of each, its sound, and what was found before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from pipelines.tagging.decoding import Frame, Sound, frames_at, sound_of
from pipelines.tagging.engines import engine
from pipelines.tagging.media import Media
from recsys.errors import ConfigError, require
from recsys.tags.evidence import Evidence

JPEG_QUALITY = 95
"""Frames wait as JPEG: a hundred of them would else fill a gigabyte."""


@dataclass(frozen=True, kw_only=True)
class SamplingConfig:
    """Which frames the analysers of pictures look at."""

    every_s: float = 4.0
    """A shot longer than this gives a frame for each such stretch, a shorter one gives its middle."""
    max_frames: int = 400
    """Of a whole video; of a longer one evenly fewer are taken."""
    side: int = 1280
    """Pictures are made smaller until their longer side is this."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        require(self.every_s > 0, f"every_s is {self.every_s}; it must be above 0", ConfigError)
        require(self.max_frames > 0, f"max_frames is {self.max_frames}; it must be above 0", ConfigError)
        require(self.side >= 64, f"side is {self.side}; it must be at least 64", ConfigError)


@dataclass(frozen=True)
class Shot:
    """A stretch [start_ms, end_ms) without a cut."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Sample:
    """One frame and the stretch that it stands for."""

    frame: Frame
    start_ms: int
    end_ms: int


@dataclass
class View:
    """One video, for one analyser after the other; frames and sound are decoded once, when first asked for."""

    media: Media
    sampling: SamplingConfig = SamplingConfig()
    title: str = ""
    shots: list[Shot] = field(default_factory=list)
    """Set by the analyser of shots; without it the video is one shot."""
    found: list[Evidence] = field(default_factory=list)
    """What analysers before this one found."""

    @cached_property
    def sound(self) -> Sound:
        """All of it; empty where there is none."""
        return sound_of(self.media)

    def samples(self) -> Iterator[Sample]:
        """The frames to look at, with the stretches that they stand for."""
        cv2 = engine("cv2", "looking at frames")
        for at_ms, start_ms, end_ms, packed in self._packed:
            yield Sample(Frame(at_ms, cv2.imdecode(packed, cv2.IMREAD_COLOR)), start_ms, end_ms)

    @cached_property
    def _packed(self) -> list[tuple[int, int, int, np.ndarray]]:
        cv2 = engine("cv2", "looking at frames")
        stretches = self.stretches()
        moments = [(start + end) // 2 for start, end in stretches]
        packed = []
        for (start, end), frame in zip(stretches, frames_at(self.media, moments, self.sampling.side), strict=False):
            _, jpeg = cv2.imencode(".jpg", frame.picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            packed.append((frame.at_ms, start, end, jpeg))
        return packed

    def stretches(self) -> list[tuple[int, int]]:
        """(start_ms, end_ms) of every stretch that one frame stands for, in order; beyond `max_frames` some lack."""
        shots = self.shots or [Shot(0, max(1, self.media.duration_ms))]
        total_s = sum(one.end_ms - one.start_ms for one in shots) / 1000
        every_s = max(self.sampling.every_s, total_s / self.sampling.max_frames)
        stretches: list[tuple[int, int]] = []
        for shot in shots:
            parts = max(1, round((shot.end_ms - shot.start_ms) / 1000 / every_s))
            edges = np.linspace(shot.start_ms, shot.end_ms, parts + 1).round().astype(int).tolist()
            stretches += pairwise(edges)
        step = -(-len(stretches) // self.sampling.max_frames)
        return stretches[::step]
