"""A catalogue of the simulated platform, its viewers as requests know them, and shortcuts."""

from collections.abc import Callable

import numpy as np
import pytest

from recsys.ranking.catalogue import Catalogue
from recsys.ranking.viewer import PastEvents, Viewer


@pytest.fixture
def catalogue(contents) -> Catalogue:
    return Catalogue.of(contents)


@pytest.fixture
def now(platform) -> int:
    return platform.data.as_of


@pytest.fixture(scope="session")
def viewer_of(platform) -> Callable[..., Viewer]:
    """A viewer of the platform by number, with their events: `viewer_of(3, tags={"tag": 1.0})`."""
    events = platform.data.events

    def make(number: int, tags: dict[str, float] | None = None) -> Viewer:
        mine = np.flatnonzero(events.viewer == number)
        ids = [events.videos[int(row)] for row in events.video[mine]]
        return Viewer(PastEvents(ids, events.weight[mine], events.time[mine]), tags or {})

    return make
