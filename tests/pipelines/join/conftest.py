from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.schema import DAY_MS, EVENT_TYPES, TABLES
from recsys.tables import Tables, frame

VIEWERS = ("ann", "Zoe", "é", "bob", "🎬")
VIDEOS = ("cat", "Dog", "ａ", "eel", "fox", "é", "gnu")
TAGS = ("root", "mid", "leaf", "old", "older", "bad", "under-bad", "lone")


def times(ms: np.ndarray, unknown: np.ndarray | None = None) -> pd.Series:
    stamps = pd.Series(np.asarray(ms, np.int64).astype("datetime64[ms]")).dt.tz_localize("UTC")
    return stamps if unknown is None else stamps.mask(unknown)


def sometimes(rng: np.random.Generator, values: np.ndarray, share: float) -> np.ndarray:
    return np.where(rng.random(len(values)) < share, np.nan, values)


@pytest.fixture
def random_tables() -> Callable[[int], Tables]:
    """Small tables with everything that is awkward: ties, repeats, late and withdrawn taggings, merged tags, …"""

    def build(seed: int) -> Tables:
        rng = np.random.default_rng(seed)
        step = (1000, 3_600_000, DAY_MS, 400 * DAY_MS)[seed % 4]
        start = (0, -50 * 365 * DAY_MS, 1_700_000_000_123)[seed % 3]
        moments = start + np.arange(30) * step

        n = int(rng.integers(1, 60))
        events = frame(TABLES["events"], {
            "event_id": [f"e{one}" for one in rng.permutation(n)],
            "viewer_id": rng.choice(VIEWERS, n),
            "video_id": rng.choice(VIDEOS, n),
            "event_type": rng.choice(EVENT_TYPES, n),
            "watched_s": sometimes(rng, rng.random(n) * 80, 0.3),
            "occurred_at": times(rng.choice(moments, n)),
        })  # fmt: skip
        listed = VIDEOS[:-1]  # the last is known from events only
        videos = frame(TABLES["videos"], {
            "video_id": rng.permutation(listed),
            "duration_s": sometimes(rng, rng.random(len(listed)) * 60, 0.3),
            "published_at": times(rng.choice(moments, len(listed)), rng.random(len(listed)) < 0.3),
        })  # fmt: skip
        tags = frame(TABLES["tags"], {
            "tag_id": ["root", "mid", "leaf", "old", "older", "bad", "under-bad"],
            "parent_id": [None, "root", "mid", None, None, "root", "bad"],
            "status": ["active", "active", "active", "merged", "merged", "banned", "active"],
            "merged_into": [None, None, None, "leaf", "old", None, None],
        })  # fmt: skip
        m = int(rng.integers(0, 60))
        known = rng.choice(moments, m)
        taggings = frame(TABLES["taggings"], {
            "video_id": rng.choice([*VIDEOS, "nowhere"], m),
            "tag_id": rng.choice(TAGS, m),
            "source": rng.choice(["editor", "vendor:acme", "model:eye@1", "viewer", "odd"], m),
            "confidence": sometimes(rng, rng.random(m).round(1), 0.3),
            "known_at": times(known, rng.random(m) < 0.4),
            "withdrawn_at": times(known + rng.integers(0, 20, m) * step, rng.random(m) < 0.6),
        })  # fmt: skip
        return Tables(videos=videos, tags=tags, taggings=taggings, events=events)

    return build


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Tables], Path]:
    """Write tables into a new folder and return it."""

    def write(tables: Tables) -> Path:
        path = tmp_path / f"tables-{len(list(tmp_path.iterdir()))}"
        path.mkdir()
        tables.write(path)
        return path

    return write
