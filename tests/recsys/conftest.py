"""A small simulated platform, what training sees of it, and one fitted hybrid, shared by all tests of the library."""

from dataclasses import dataclass

import numpy as np
import pytest

from pipelines.facts import facts
from recsys.bundle import Contents
from recsys.datasets.simulator import SimulatorConfig, simulated_tables
from recsys.events import EventWeights
from recsys.ids import Ids
from recsys.interactions import Interactions, TrainingData
from recsys.models.factors import FactorsConfig
from recsys.models.hybrid import CoresConfig, fit_cores
from recsys.models.sketches import sketch
from recsys.schema import EVENT_TYPES, NEVER
from recsys.tables import Tables
from recsys.tags.vectorizer import TagVectorizer, fit_vectorizer
from recsys.timeline import to_ms

CORES = CoresConfig(factors=FactorsConfig(factors=16, iterations=4, threads=1))


@dataclass(frozen=True, eq=False)
class Platform:
    """Tables, and the training data and vectorizer made of them."""

    tables: Tables
    data: TrainingData
    vectorizer: TagVectorizer
    cores: CoresConfig


def _events(tables, videos):
    rows = tables.events.sort_values(["occurred_at", "event_id"])
    kinds = np.array([EVENT_TYPES.index(one) for one in rows["event_type"]])
    duration = rows["video_id"].map(tables.videos.set_index("video_id")["duration_s"]).to_numpy(float)
    weight = EventWeights().weigh(kinds, rows["watched_s"].to_numpy(float), duration)
    viewers = Ids.of(rows["viewer_id"])
    at = viewers.rows(list(rows["viewer_id"])), videos.rows(list(rows["video_id"]))
    return Interactions(viewers, videos, *at, weight, to_ms(rows["occurred_at"]))


@pytest.fixture(scope="session")
def platform() -> Platform:
    """150 viewers, 260 videos of which some nobody had, 30 tags, a month."""
    tables = simulated_tables(SimulatorConfig(n_viewers=150, n_videos=260, n_events=6000, n_tags=30, tags_per_video=5))
    videos = Ids.of(tables.videos["video_id"])
    events = _events(tables, videos)
    as_of = max(events.as_of, int(to_ms(tables.taggings["known_at"]).max()) + 1)
    vectorizer = fit_vectorizer(tables.taggings, tables.tags, videos, as_of)
    tags = vectorizer.vectors(vectorizer.evidence(tables.taggings, videos), len(videos), as_of)
    published = np.full(len(videos), NEVER)
    published[videos.rows(list(tables.videos["video_id"]))] = to_ms(tables.videos["published_at"])
    return Platform(tables, TrainingData(events, tags, published, as_of), vectorizer, CORES)


@pytest.fixture(scope="session")
def contents(platform: Platform) -> Contents:
    """What a bundle of the platform holds, blended by the default."""
    data = platform.data
    always = np.full(len(data.events.videos), NEVER)
    model = fit_cores(data, CORES)
    counts = data.events.video_events()
    return Contents(
        data.events.videos,
        platform.vectorizer,
        data.videos,
        data.published,
        always,
        always,
        counts,
        model,
        sketch(model.factors, data.tags),
        facts(platform.tables.videos, platform.tables.taggings, data.events.videos, data.as_of),
    )
