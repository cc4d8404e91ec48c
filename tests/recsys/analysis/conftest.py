"""Simulated platforms whose true tags are known, and what an audit sees of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from recsys.analysis.tagged import Tagged
from recsys.datasets.simulator import SimulatorConfig, simulate_in_memory
from recsys.events import EventWeights
from recsys.ids import Ids
from recsys.interactions import Interactions, TrainingData
from recsys.schema import EVENT_TYPES, NEVER, TAGGINGS, TAGS
from recsys.tables import frame
from recsys.tags.taxonomy import Taxonomy
from recsys.tags.vectorizer import Evidence, TagVectorizer, fit_vectorizer
from recsys.timeline import to_ms


@dataclass(frozen=True, eq=False)
class Seen:
    """What an audit sees, and the truth."""

    data: TrainingData
    tagged: Tagged
    vectorizer: TagVectorizer
    evidence: Evidence
    true: set


def seen(config, change=lambda taggings: taggings):
    made = simulate_in_memory(config)
    tables, taggings = made.tables, change(made.tables.taggings)
    videos = Ids.of(tables.videos["video_id"])
    rows = tables.events.sort_values(["occurred_at", "event_id"])
    viewers = Ids.of(rows["viewer_id"])
    kinds = np.array([EVENT_TYPES.index(one) for one in rows["event_type"]])
    duration = rows["video_id"].map(tables.videos.set_index("video_id")["duration_s"]).to_numpy(float)
    weight = EventWeights().weigh(kinds, rows["watched_s"].to_numpy(float), duration)
    at = viewers.rows(list(rows["viewer_id"])), videos.rows(list(rows["video_id"]))
    events = Interactions(viewers, videos, *at, weight, to_ms(rows["occurred_at"]))
    as_of = max(events.as_of, int(to_ms(taggings["known_at"]).max()) + 1)
    vectorizer = fit_vectorizer(taggings, tables.tags, videos, as_of)
    evidence = vectorizer.evidence(taggings, videos).at(as_of)
    tags = vectorizer.vectors(evidence, len(videos), as_of)
    data = TrainingData(events, tags, np.full(len(videos), NEVER), as_of)
    tagged = Tagged.of(taggings, videos, vectorizer.taxonomy, as_of)
    true = set(zip(made.true_tags["video_id"], made.true_tags["tag_id"], strict=True))
    return Seen(data, tagged, vectorizer, evidence, true)


MIDDLE = SimulatorConfig(n_viewers=900, n_videos=1200, n_events=80_000, n_tags=100, tags_per_video=10)
SPAM = "custom:best-video-ever"


def with_spam(taggings):
    """One vendor puts a tag on four tenths of the videos, whatever they show."""
    videos = np.unique(taggings["video_id"])
    some = np.random.default_rng(1).choice(videos, int(0.4 * len(videos)), replace=False)
    spam = frame(TAGGINGS, {"video_id": some, "tag_id": SPAM, "source": "vendor:loud", "confidence": 0.9,
        "known_at": taggings["known_at"].min()})  # fmt: skip
    return pd.concat([taggings, spam], ignore_index=True)


@pytest.fixture(scope="session")
def middle():
    """1,200 videos with 10 true tags each, of which a fifth is missing and a tenth of what is said is wrong."""
    return seen(MIDDLE)


@pytest.fixture(scope="session")
def spammed():
    """The same with a tag that says nothing."""
    return seen(MIDDLE, with_spam)


@pytest.fixture(scope="session")
def tagged_of():
    """Makes `Tagged` out of (video, tag, source, confidence) rows."""
    return _tagged_of


def _tagged_of(rows, parents=None):
    columns = dict(zip(("video_id", "tag_id", "source", "confidence"), zip(*rows, strict=True), strict=True))
    taggings = frame(TAGGINGS, {name: list(values) for name, values in columns.items()})
    tags = frame(TAGS, {"tag_id": list(parents or {}), "parent_id": list((parents or {}).values())})
    taxonomy = Taxonomy.of(tags, taggings["tag_id"])
    return Tagged.of(taggings, Ids.of(taggings["video_id"]), taxonomy, NEVER)
