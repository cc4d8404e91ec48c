"""Text on the screen, Chinese and English, by RapidOCR (PP-OCR)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from pipelines.tagging.engines import engine
from pipelines.tagging.script import language_of, same_text
from pipelines.tagging.spans import merged
from pipelines.tagging.view import Sample, View
from recsys.errors import ConfigError, require
from recsys.tags.evidence import Box, Evidence

NAME = "captions"


@dataclass(frozen=True, kw_only=True)
class CaptionsConfig:
    """What of the screen's text counts."""

    confidence: float = 0.8
    """Less sure readings are dropped."""
    min_characters: int = 2
    """Shorter texts are dropped; single marks are mostly patterns taken for letters."""
    side: int = 640
    """Frames are searched for text at this size; larger finds smaller text and takes longer."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        require(0 <= self.confidence <= 1, f"confidence is {self.confidence}; it must be in [0, 1]", ConfigError)
        require(self.side >= 64, f"side is {self.side}; it must be at least 64", ConfigError)


class Captions:
    """Reads what stands on the screen; one caption in neighbouring frames is one piece of evidence."""

    def __init__(self, config: CaptionsConfig, reader: Any, made_by: str) -> None:
        self.config, self.reader, self.version = config, reader, made_by

    def analyse(self, view: View) -> Iterable[Evidence]:
        """Every caption with its box."""
        return merged(
            (one for sample in view.samples() for one in self._read(sample)), key=lambda one: same_text(one.label)
        )

    def _read(self, sample: Sample) -> Iterator[Evidence]:
        picture = sample.frame.picture
        read = self.reader(picture)
        if read.txts is None:
            return
        height, width = picture.shape[:2]
        for corners, text, score in zip(read.boxes, read.txts, read.scores, strict=True):
            if score < self.config.confidence or len(same_text(text)) < self.config.min_characters:
                continue
            yield Evidence(
                dimension="text", label=text.strip(), language=language_of(text), confidence=min(1.0, float(score)),
                start_ms=sample.start_ms, end_ms=sample.end_ms, box=_box(corners, width, height), source=NAME,
                version=self.version,
            )  # fmt: skip


def load_captions(config: CaptionsConfig) -> Captions:
    """The analyser; MissingExtraError where its packages are not installed."""
    rapidocr = engine("rapidocr", "reading text on the screen")
    reader = rapidocr.RapidOCR(
        params={
            "Global.use_cls": False, "Global.log_level": "error", "Det.limit_side_len": config.side,
            "Det.limit_type": "max", "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        }
    )  # fmt: skip
    return Captions(config, reader, f"rapidocr-{version('rapidocr')}")


def _box(corners: Any, width: int, height: int) -> Box:
    """The upright box around four corners (4, 2) in pixels."""
    shares = np.clip(np.asarray(corners, float) / (width, height), 0, 1)
    (left, top), (right, bottom) = shares.min(axis=0), shares.max(axis=0)
    return (float(left), float(top), float(right), float(bottom))
