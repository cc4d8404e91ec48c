"""The join against a second implementation: plain Python, one event at a time, nothing kept between events."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from pipelines.join.config import JoinConfig
from pipelines.join.joined import Joined
from pipelines.join.run import join_tables
from recsys.events import EventWeights
from recsys.schema import DAY_MS, NEVER
from recsys.tables import Tables
from recsys.tags.vectorizer import TagConfig

CONFIGS = (
    JoinConfig(),
    JoinConfig(profile_half_life_days=math.inf, popularity_half_life_days=math.inf, cap=1.0),
    JoinConfig(profile_half_life_days=0.001, popularity_half_life_days=0.01, top_tags=2),
    JoinConfig(profile_half_life_days=400, cap=0.7, top_tags=3, threads=1),
)
TAG_CONFIGS = (
    TagConfig(),
    TagConfig(half_life_days=5, parent_share=0.3, idf_power=0.5),
    TagConfig(parent_share=0, min_videos=2, unknown_confidence=0.4),
)


def ms(time: pd.Timestamp) -> int:
    return NEVER if pd.isna(time) else round(time.timestamp() * 1000)


def halves(age_ms: float, half_life_days: float) -> float:
    return 2.0 ** -(age_ms / DAY_MS / half_life_days)


@dataclass
class Slow:
    tables: Tables
    config: JoinConfig
    weights: EventWeights
    tag_config: TagConfig

    def __post_init__(self) -> None:
        end = self.config.cutoff_ms
        rows = [row for row in self.tables.events.itertuples() if end is None or ms(row.occurred_at) < end]
        self.events = sorted(rows, key=lambda row: (ms(row.occurred_at), row.event_id.encode()))
        self.time = [ms(row.occurred_at) for row in self.events]
        told = [ms(row.known_at) for row in self.tables.taggings.itertuples() if not pd.isna(row.known_at)]
        self.end = max([*self.time, *told, -1]) + 1 if end is None else end
        seen = {row.video_id for row in self.events}
        self.videos = sorted({*self.tables.videos.video_id, *seen}, key=str.encode)
        self.viewers = sorted({row.viewer_id for row in self.events}, key=str.encode)
        self.length = dict(zip(self.tables.videos.video_id, self.tables.videos.duration_s, strict=True))
        self.tag_rows = {row.tag_id: row for row in self.tables.tags.itertuples()}
        self.tags = sorted({*self.tag_rows, *self.tables.taggings.tag_id}, key=str.encode)
        self.weight = [self.weighed(row) for row in self.events]
        self.idf = self.learned_idf()

    def weighed(self, row) -> float:
        w, length = self.weights, self.length.get(row.video_id, math.nan)
        if row.event_type in ("play", "progress") and length > 0 and not math.isnan(row.watched_s):
            return w.glance + min(row.watched_s / length, 1) * (w.watched - w.glance)
        return getattr(w, row.event_type)

    def meant(self, tag: str) -> str | None:
        row = self.tag_rows.get(tag)
        if row is None or row.status == "active":
            return tag
        return self.meant(row.merged_into) if row.status == "merged" else None

    def shares(self, tag: str) -> list[tuple[str, float]]:
        """What this tag's evidence counts for, and how much."""
        at, share, found = self.meant(tag), 1.0, []
        while at is not None:
            if self.meant(at) is not None:
                found.append((self.meant(at), share))
            row = self.tag_rows.get(at)
            at = None if row is None or pd.isna(row.parent_id) else row.parent_id
            share *= self.tag_config.parent_share
        return [(one, part) for one, part in found if part > 0]

    def beliefs(self, video: str, now: int) -> dict[str, float]:
        doubt: dict[str, float] = {}
        for row in self.tables.taggings.itertuples():
            known, withdrawn = ms(row.known_at), ms(row.withdrawn_at)
            if row.video_id != video or (known != NEVER and known >= now) or withdrawn < now:
                continue
            trust = self.tag_config.source_weight(row.source)
            trust *= self.tag_config.unknown_confidence if math.isnan(row.confidence) else row.confidence
            trust *= 1 if known == NEVER else halves(now - known, self.tag_config.half_life_days)
            for tag, share in self.shares(row.tag_id):
                doubt[tag] = doubt.get(tag, 1.0) * (1 - min(trust * share, 1 - 1e-6))
        return {tag: 1 - one for tag, one in doubt.items() if one < 1}

    def learned_idf(self) -> dict[str, float]:
        on = [tag for video in self.videos for tag in self.beliefs(video, self.end)]
        n, least = max(len(self.videos), 1), self.tag_config.min_videos
        power = self.tag_config.idf_power
        return {
            tag: math.log1p(n / max(on.count(tag), 1)) ** power if on.count(tag) >= least else 0.0 for tag in self.tags
        }

    def vector(self, video: str, now: int) -> np.ndarray:
        beliefs = self.beliefs(video, now)
        values = np.array([beliefs.get(tag, 0.0) * self.idf[tag] for tag in self.tags])
        return values / (np.linalg.norm(values) or 1.0)

    def profile(self, viewer: str, now: int, tags_of_now: bool = False) -> np.ndarray:
        """Decayed sum over the videos that the viewer met before `now`."""
        total: np.ndarray = np.zeros(len(self.tags))
        for video in self.videos:
            own = [
                (time, weight)
                for row, time, weight in zip(self.events, self.time, self.weight, strict=True)
                if row.viewer_id == viewer and row.video_id == video and time < now
            ]
            if own:
                last = max(time for time, _ in own)
                weight = min(max(sum(weight for _, weight in own), -self.config.cap), self.config.cap)
                vector = self.vector(video, now if tags_of_now else last)
                total += weight * halves(now - last, self.config.profile_half_life_days) * vector
        return total

    def features(self) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {name: [] for name in ("viewer", "video", "popularity", "match")}
        for row, now in zip(self.events, self.time, strict=True):
            past = [(one, t, w) for one, t, w in zip(self.events, self.time, self.weight, strict=True) if t < now]
            found["viewer"].append(sum(one.viewer_id == row.viewer_id for one, _, _ in past))
            same = [(t, w) for one, t, w in past if one.video_id == row.video_id]
            found["video"].append(len(same))
            half = self.config.popularity_half_life_days
            found["popularity"].append(sum(halves(now - t, half) for t, w in same if w > 0))
            found["match"].append(float(self.profile(row.viewer_id, now) @ self.vector(row.video_id, now)))
        return found


def check_profiles(joined: Joined, slow: Slow) -> None:
    kept = joined.profiles.toarray()
    for viewer, row in zip(slow.viewers, kept, strict=True):
        wanted = slow.profile(viewer, slow.end, tags_of_now=True)
        strongest = np.sort(np.abs(wanted))[::-1][: slow.config.top_tags]
        ours = np.sort(np.abs(row))[::-1][: slow.config.top_tags]
        np.testing.assert_allclose(ours, strongest, rtol=1e-5, atol=1e-5)
        assert (row != 0).sum() <= slow.config.top_tags
        np.testing.assert_allclose(row[row != 0], wanted[row != 0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seed", range(36))
def test_the_join_agrees_with_the_slow_one(seed, random_tables, folder):
    tables = random_tables(seed)
    config, tag_config = CONFIGS[seed % len(CONFIGS)], TAG_CONFIGS[seed % len(TAG_CONFIGS)]
    if seed % 5 == 0:
        config = JoinConfig(cutoff=str(tables.events.occurred_at.sort_values().iloc[len(tables.events) // 2]))
    slow = Slow(tables, config, EventWeights(), tag_config)
    joined = join_tables(folder(tables), config, EventWeights(), tag_config)

    events = joined.data.events
    assert events.viewers.take(events.viewer) == [row.viewer_id for row in slow.events]
    assert events.videos.take(events.video) == [row.video_id for row in slow.events]
    assert list(events.time) == slow.time
    assert joined.data.as_of == slow.end
    assert joined.vectorizer.ids.take(np.arange(len(slow.tags))) == slow.tags
    np.testing.assert_allclose(events.weight, slow.weight, rtol=1e-5, atol=1e-6)

    vectors = [slow.vector(video, slow.end) for video in slow.videos]
    np.testing.assert_allclose(joined.data.tags.toarray(), np.array(vectors), rtol=1e-5, atol=1e-5)
    features = slow.features()
    np.testing.assert_array_equal(joined.as_of.viewer_events_before, features["viewer"])
    np.testing.assert_array_equal(joined.as_of.video_events_before, features["video"])
    np.testing.assert_allclose(joined.as_of.popularity_before, features["popularity"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(joined.as_of.match_before, features["match"], rtol=1e-5, atol=1e-5)
    check_profiles(joined, slow)
