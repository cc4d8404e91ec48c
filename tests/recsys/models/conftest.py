"""Small random data for comparing models with slow formulas."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from recsys.ids import Ids
from recsys.interactions import Interactions, TrainingData
from recsys.schema import DAY_MS, NEVER


@pytest.fixture
def random_data() -> Callable[..., TrainingData]:
    """Signed and repeated events, tags on some videos, two videos that nobody had; the last of them without a tag."""

    def build(
        n_viewers: int = 9, n_videos: int = 7, n_tags: int = 4, n_events: int = 60, seed: int = 0
    ) -> TrainingData:
        rng = np.random.default_rng(seed)
        viewer, video = rng.integers(0, n_viewers, n_events), rng.integers(0, n_videos, n_events)
        weight = rng.choice([0.5, 1.0, 2.0, -1.0], n_events, p=[0.3, 0.3, 0.2, 0.2]).astype(np.float32)
        time = np.sort(rng.integers(0, 50 * DAY_MS, n_events))
        videos = Ids.of([f"v{one:04}" for one in range(n_videos + 2)])
        tags = rng.random((n_videos + 2, n_tags)).astype(np.float32) * (rng.random((n_videos + 2, n_tags)) < 0.5)
        tags[n_videos, 0], tags[n_videos + 1] = 1, 0
        events = Interactions(
            Ids.of([f"u{one:04}" for one in range(n_viewers)]), videos,
            viewer.astype(np.int32), video.astype(np.int32), weight, time,
        )  # fmt: skip
        return TrainingData(events, sparse.csr_array(tags), np.full(len(videos), NEVER), 60 * DAY_MS)

    return build
