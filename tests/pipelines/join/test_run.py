import math

import numpy as np
import pandas as pd
import pytest

from pipelines.config import PipelineConfig
from pipelines.join.config import JoinConfig
from pipelines.join.run import join, join_tables
from pipelines.join.storage import read_joined
from recsys.errors import ConfigError, DataError
from recsys.events import EventWeights
from recsys.schema import NEVER, TABLES
from recsys.tables import Tables, frame

DAY_0 = pd.Timestamp("2024-01-01", tz="UTC")


def finishes(**columns) -> pd.DataFrame:
    rows = {"event_id": ["e"], "viewer_id": ["ann"], "video_id": ["one"], "occurred_at": [DAY_0]}
    return frame(TABLES["events"], {**rows, "event_type": "finish", **columns})


def test_empty_tables_join_to_nothing(folder):
    joined = join_tables(folder(Tables()))
    assert len(joined.data.events) == 0
    assert joined.data.as_of == 0
    assert joined.profiles.shape == (0, 0)
    assert joined.data.tags.shape == (0, 0)


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds neither events nor videos; run `tagreel ingest` first"):
        join_tables(tmp_path)


def test_only_videos_make_a_catalogue_without_behaviour(tmp_path):
    frame(TABLES["videos"], {"video_id": ["b", "a"]}).to_parquet(tmp_path / "videos.parquet")
    joined = join_tables(tmp_path)
    assert joined.data.events.videos.take(np.array([0, 1])) == ["a", "b"]
    assert joined.data.published.tolist() == [NEVER, NEVER]


def test_one_event_sees_nothing_before_it(folder):
    joined = join_tables(folder(Tables(events=finishes())))
    assert joined.data.as_of == int(DAY_0.timestamp() * 1000) + 1
    for values in vars(joined.as_of).values():
        assert values.tolist() == [0]


def test_a_profile_computed_by_hand(folder):
    events = finishes(
        event_id=["a", "b"],
        viewer_id="ann",
        video_id=["one", "two"],
        occurred_at=[DAY_0, DAY_0 + pd.Timedelta(days=30)],
    )
    taggings = frame(TABLES["taggings"], {"video_id": ["one", "two"], "tag_id": ["cats", "dogs"], "confidence": 1.0})
    config = JoinConfig(profile_half_life_days=30, cutoff="2024-03-01")
    joined = join_tables(folder(Tables(events=events, taggings=taggings)), config)
    np.testing.assert_allclose(joined.profiles.toarray(), [[0.25, 0.5]], rtol=1e-6)
    assert joined.as_of.viewer_events_before.tolist() == [0, 1]


def test_popularity_halves_and_counts_liked_events_only(folder):
    days = pd.to_timedelta([0, 0, 14], unit="D")
    events = finishes(
        event_id=["a", "b", "c"], viewer_id=["u", "v", "w"], video_id="one", event_type=["like", "hide", "like"],
        occurred_at=DAY_0 + days,
    )  # fmt: skip
    joined = join_tables(folder(Tables(events=events)), JoinConfig(popularity_half_life_days=14))
    assert joined.as_of.popularity_before.tolist() == [0, 0, 0.5]
    assert joined.as_of.video_events_before.tolist() == [0, 0, 2]


def test_decades_between_events_stay_finite(folder):
    years = pd.to_datetime(
        ["1950-06-01", "1969-12-31T23:59:59.999", "1970-01-01", "2024-01-01", "2199-01-01"], utc=True, format="ISO8601"
    )
    events = finishes(event_id=list("abcde"), viewer_id="ann", video_id="one", occurred_at=years)
    taggings = frame(TABLES["taggings"], {"video_id": ["one"], "tag_id": ["cats"]})
    config = JoinConfig(profile_half_life_days=0.001, popularity_half_life_days=0.001)
    joined = join_tables(folder(Tables(events=events, taggings=taggings)), config)
    for values in vars(joined.as_of).values():
        assert np.isfinite(values).all()
    np.testing.assert_allclose(joined.as_of.match_before, [0, 0, 2, 0, 0], rtol=1e-4)
    assert joined.profiles.toarray()[0, 0] == pytest.approx(3.0, rel=1e-4)  # five finishes, held at the cap


def test_event_weights_come_from_the_config(folder):
    joined = join_tables(folder(Tables(events=finishes())), weights=EventWeights(finish=-2.0))
    assert joined.data.events.weight.tolist() == [-2]


def test_an_unknown_event_type_is_refused(folder):
    with pytest.raises(DataError, match="event_type has values beside impression"):
        join_tables(folder(Tables(events=finishes(event_type="teleport"))))


def test_an_event_without_a_viewer_is_refused(folder):
    with pytest.raises(DataError, match="viewer_id is missing in 1 rows"):
        join_tables(folder(Tables(events=finishes(viewer_id=[None]))))


def test_the_step_writes_the_workspace_and_says_what_it_did(random_tables, tmp_path):
    config = PipelineConfig(workspace=tmp_path, join=JoinConfig(cap=2.0))
    config.folders.tables.mkdir()
    random_tables(5).write(config.folders.tables)
    said: list[str] = []
    first = join(config, lambda what, done: said.append(what))
    assert len(read_joined(config.folders.joined).data.events) == first.n_events
    assert said[0] == "reading events"
    assert "events of" in first.lines()[0]
    assert join(config) == first


@pytest.mark.parametrize(
    ("field", "value"),
    [("cap", 0.0), ("top_tags", 0), ("threads", 0), ("profile_half_life_days", -1.0), ("cutoff", "yesterday")],
)
def test_a_setting_out_of_range_is_named(field, value):
    with pytest.raises(ConfigError, match=f"join.{field} is {value!r}"):
        JoinConfig(**{field: value})


def test_a_cutoff_is_utc_unless_it_says_otherwise():
    assert JoinConfig(cutoff="1970-01-02").cutoff_ms == 86_400_000
    assert JoinConfig(cutoff="1970-01-01T02:00:00.005+02:00").cutoff_ms == 5
    assert JoinConfig(cutoff="1969-12-31T23:59:59.999Z").cutoff_ms == -1
    assert JoinConfig().cutoff_ms is None
    assert JoinConfig(popularity_half_life_days=math.inf).popularity_half_life_days == math.inf
