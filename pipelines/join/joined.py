"""What the join gives: the training set, each event's features as of that event, and the viewers' tag profiles."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from pipelines.join.features import AsOf
from recsys.errors import LeakError, require
from recsys.interactions import TrainingData
from recsys.schema import Floats, Times
from recsys.tags.vectorizer import TagVectorizer
from recsys.timeline import iso, require_known_before


@dataclass(frozen=True, eq=False)
class Joined:
    """Everything known strictly before `data.as_of`, and for each event what was known strictly before it."""

    data: TrainingData
    as_of: AsOf
    vectorizer: TagVectorizer
    """Fitted on the taggings known before `data.as_of`."""
    profiles: sparse.csr_array  # (n_viewers, n_tags) float32 decayed tag profiles at `data.as_of`, the strongest tags
    attached: dict[str, Floats] = field(default_factory=dict)
    """Features from elsewhere, (n_events,) float32 each."""

    def __post_init__(self) -> None:
        events, end = self.data.events, self.data.as_of
        if len(events) and events.time[-1] >= end:
            first = int(np.searchsorted(events.time, end))
            message = f"{len(events) - first} of {len(events)} events are at or after the cutoff {iso(end)}"
            require(False, f"{message}; the first is at {iso(int(events.time[first]))}", LeakError)
        for name, values in {**vars(self.as_of), **self.attached}.items():
            require(len(values) == len(events), f"{len(events)} events, but {len(values)} values of {name}")
        shape = (len(events.viewers), len(self.vectorizer.ids))
        require(self.profiles.shape == shape, f"profiles are {self.profiles.shape}; they must be {shape}")

    def attach(self, features: Mapping[str, Floats], known_at: Times) -> "Joined":
        """The same with features from elsewhere, which must have been known before their events.

        Args:
            features: (n_events,) values by name; NaN where unknown.
            known_at: (n_events,) ms, when the values became known.

        Raises:
            LeakError: one became known at or after its event, or nobody knows when.
            DataError: a name is taken, or a length is wrong.
        """
        events = self.data.events
        require(len(known_at) == len(events), f"{len(events)} events, but {len(known_at)} values of known_at")
        for name in features:
            require(name not in {**vars(self.as_of), **self.attached}, f"there is a feature {name!r} already")
        require_known_before(known_at, events.time, ", ".join(features))
        more = {name: np.asarray(values, np.float32) for name, values in features.items()}
        return replace(self, attached={**self.attached, **more})
