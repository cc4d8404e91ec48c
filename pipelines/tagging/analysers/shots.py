"""Shots: the stretches between hard cuts, to the frame, by PySceneDetect's content detector."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipelines.tagging.decoding import every_frame
from pipelines.tagging.engines import engine
from pipelines.tagging.media import Media, MediaError
from pipelines.tagging.view import Shot, View
from recsys.errors import ConfigError, require
from recsys.tags.evidence import Evidence

NAME = "shots"
WIDTH = 256
"""Frames are compared this small; a cut changes everything, so nothing is lost."""
CUT_OFF_S, CUT_OFF_SHARE = 1.0, 0.1
"""A file that ends so much before its claim has been cut off."""


@dataclass(frozen=True, kw_only=True)
class ShotsConfig:
    """When a change is a cut."""

    threshold: float = 27.0
    """Mean change of hue, saturation and brightness from one frame to the next, 0 to 255."""
    min_s: float = 0.4
    """No shot is shorter."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        require(0 < self.threshold < 255, f"threshold is {self.threshold}; it must be within 0 and 255", ConfigError)
        require(self.min_s >= 0, f"min_s is {self.min_s}; it must not be below 0", ConfigError)


class Shots:
    """Finds cuts, and with them whether the file is as long as it claims."""

    def __init__(self, config: ShotsConfig, scenedetect: Any) -> None:
        self.config, self.scenedetect = config, scenedetect
        self.version = f"scenedetect-{scenedetect.__version__}"

    def analyse(self, view: View) -> Iterator[Evidence]:
        """One piece of evidence a shot; `view.shots` has them from then on."""
        view.shots = self._shots(view.media)
        for shot in view.shots:
            yield Evidence(
                dimension="shot", label="shot", language=None, confidence=1.0, start_ms=shot.start_ms,
                end_ms=shot.end_ms, box=None, source=NAME, version=self.version,
            )  # fmt: skip

    def _shots(self, media: Media) -> list[Shot]:
        rate = media.frames_s
        detector = self.scenedetect.ContentDetector(
            threshold=self.config.threshold, min_scene_len=max(1, round(self.config.min_s * rate))
        )
        times: list[float] = []
        cuts: set[int] = set()
        for number, (at_s, picture) in enumerate(every_frame(media, WIDTH)):
            times.append(at_s)
            code = self.scenedetect.FrameTimecode(number, fps=rate)
            cuts.update(one.frame_num for one in detector.process_frame(code, picture))
        require(bool(times), f"{media.path} holds not one frame", MediaError)
        cuts.update(
            one.frame_num for one in detector.post_process(self.scenedetect.FrameTimecode(len(times), fps=rate))
        )
        end_s = times[-1] + 1 / rate
        _check_end(media, end_s)
        edges = [0.0, *(times[cut] for cut in sorted(cuts) if 0 < cut < len(times)), end_s]
        return [Shot(round(1000 * begin), round(1000 * end)) for begin, end in pairwise(edges)]


def load_shots(config: ShotsConfig) -> Shots:
    """The analyser; MissingExtraError where its packages are not installed."""
    return Shots(config, engine("scenedetect", "finding shots"))


def _check_end(media: Media, end_s: float) -> None:
    claimed_s = media.pictures_ms / 1000
    whole = claimed_s - end_s <= max(CUT_OFF_S, CUT_OFF_SHARE * claimed_s)
    says = f"{media.path} claims {claimed_s:,.1f} s but its pictures end after {end_s:,.1f} s: it is cut off or made up"
    require(whole, says, MediaError)
