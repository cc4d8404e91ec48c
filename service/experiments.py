"""Experiments: who is in which variant, what a variant changes, and what came of it."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ValidationError
from sqlalchemy import Connection

from recsys.evaluation.experiment import Arm, Report, report
from service.schemas.recommendations import RecommendationRequest
from service.storage.experiments import shown_in, taken_in
from service.storage.impressions import videos_of

SPLITS = 2**64


@dataclass(frozen=True)
class Variant:
    """One way to answer."""

    name: str
    weight: float
    """Its share of the viewers, relative to the others'."""
    bundle: str | None = None
    """The version that it ranks with; the live one by default."""
    request: Mapping[str, Any] | None = None
    """What it sets of each request that does not set it itself."""

    def applied(self, request: RecommendationRequest) -> RecommendationRequest:
        """A request with what the variant sets; as it came where the two do not go together, such as a pin beyond n."""
        changes = {name: value for name, value in (self.request or {}).items() if name not in request.model_fields_set}
        try:
            return RecommendationRequest.model_validate({**request.model_dump(exclude_unset=True), **changes})
        except ValidationError:
            return request


@dataclass(frozen=True)
class Experiment:
    """Variants that are tried on viewers, the control first."""

    experiment_id: str
    variants: tuple[Variant, ...]
    started_at: int  # ms
    ended_at: int | None = None

    def variant_of(self, viewer_id: str) -> Variant:
        """A viewer's variant: always the same one, and independent of other experiments."""
        digest = hashlib.sha256(f"{self.experiment_id}\0{viewer_id}".encode(errors="surrogatepass")).digest()
        place = int.from_bytes(digest[:8]) / SPLITS * sum(one.weight for one in self.variants)
        for one in self.variants:
            place -= one.weight
            if place < 0:
                return one
        return self.variants[-1]

    def label(self, variant: Variant) -> str:
        """How a variant is written down beside what was shown."""
        return f"{self.experiment_id}/{variant.name}"


def outcome(connection: Connection, experiment: Experiment) -> Report:
    """What viewers did with what they were shown, by variant."""
    shown: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for label, viewer_id, listed in shown_in(connection, experiment.experiment_id):
        shown[label][viewer_id] += len(videos_of(listed))
    taken: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for label, viewer_id, video_id, listed in taken_in(connection, experiment.experiment_id, experiment.started_at):
        taken[label][viewer_id] += video_id in videos_of(listed)
    labelled = [(one, experiment.label(one)) for one in experiment.variants]
    return report([_arm(one, shown[label], taken[label]) for one, label in labelled])


def _arm(variant: Variant, shown: Mapping[str, int], taken: Mapping[str, int]) -> Arm:
    viewers = sorted(shown)
    return Arm(
        variant.name,
        variant.weight,
        np.array([shown[one] for one in viewers], np.float64),
        np.array([taken.get(one, 0) for one in viewers], np.float64),
    )
