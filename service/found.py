"""An answer on its way out: what it shares with others that ask the same, and what is its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic_core import to_json

from recsys.timeline import iso
from service.schemas.recommendations import Emptied, Recommendations, RecommendedVideo


@dataclass(frozen=True)
class Ranked:
    """An answer, but for what is new in each: its id and its time."""

    videos: Sequence[RecommendedVideo]
    fallback: str | None
    n_candidates: int
    emptied: Emptied | None = None

    @cached_property
    def body(self) -> bytes:
        """The videos as JSON."""
        return to_json(self.videos)

    @cached_property
    def shown(self) -> str:
        """What is written down of each video."""
        kept = [
            {"video_id": one.video_id, "score": one.score, "propensity": one.propensity, "source": one.source}
            for one in self.videos
        ]
        return to_json(kept).decode()


@dataclass(frozen=True)
class Found:
    """An answer."""

    request_id: str
    viewer_id: str | None
    bundle: str
    as_of: int  # ms
    ranked: Ranked
    context: str | None = None
    """The request's, a JSON object."""
    variant: str | None = None
    """Of an experiment."""

    def model(self) -> Recommendations:
        """As the API describes it."""
        return Recommendations.model_construct(**self._head(), videos=self.ranked.videos)

    def json(self) -> bytes:
        """The same as JSON, its videos written once for all who ask the same."""
        head = to_json({**self._head(), "as_of": iso(self.as_of)})
        return head[:-1] + b',"videos":' + self.ranked.body + b"}"

    def _head(self) -> dict[str, Any]:
        return {
            "request_id": self.request_id,
            "viewer_id": self.viewer_id,
            "bundle": self.bundle,
            "variant": self.variant,
            "as_of": self.as_of,
            "fallback": self.ranked.fallback,
            "n_candidates": self.ranked.n_candidates,
            "emptied": self.ranked.emptied,
        }
