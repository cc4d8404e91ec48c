"""An answer on its way out: what it shares with others that ask the same, and what is its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json

from recsys.timeline import iso
from service.schemas.recommendations import Emptied, Recommendations, RecommendedVideo

_VIDEOS = TypeAdapter(list[RecommendedVideo])


@dataclass(frozen=True, slots=True)
class Ranked:
    """An answer, but for what is new in each: its id and its time.

    It is held as it is written: what is kept for thousands of viewers is two strings each, not hundreds of objects.
    """

    body: bytes
    """The videos as JSON."""
    shown: str
    """What is written down of the videos, see `noted`."""
    n_videos: int
    fallback: str | None
    n_candidates: int
    emptied: Emptied | None = None

    @classmethod
    def of(
        cls, videos: Sequence[RecommendedVideo], fallback: str | None, n_candidates: int, emptied: Emptied | None = None
    ) -> "Ranked":
        """These videos, written."""
        return cls(to_json(videos), noted(videos), len(videos), fallback, n_candidates, emptied)

    @property
    def videos(self) -> list[RecommendedVideo]:
        """Read back."""
        return _VIDEOS.validate_json(self.body)


def noted(videos: Sequence[RecommendedVideo]) -> str:
    """What is written down of videos that were shown: a JSON object of one list a column, best first."""
    columns = {
        "video_id": [one.video_id for one in videos],
        "score": [float(f"{one.score:.7g}") for one in videos],  # single precision, as they are made
        "propensity": [one.propensity for one in videos],
        "source": [one.source for one in videos],
    }
    return to_json(columns).decode()


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
