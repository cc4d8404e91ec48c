"""The reader of events in order against the relational expressions, on random tables."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipelines.join.config import JoinConfig
from pipelines.join.engine import engine
from pipelines.join.in_order import read_in_order
from pipelines.join.reading import read_events
from pipelines.join.run import join_tables
from pipelines.join.storage import write_joined
from pipelines.workspace import content_hash
from recsys.events import EventWeights
from recsys.schema import TABLES
from recsys.tables import Tables, frame


def in_order(tables: Tables) -> Tables:
    return Tables(**{**vars(tables), "events": tables.events.sort_values(["occurred_at", "event_id"])})


def same(one, other) -> None:
    (events, catalogue), (events_2, catalogue_2) = one, other
    for name in ("viewer", "video", "weight", "time"):
        np.testing.assert_array_equal(getattr(events, name), getattr(events_2, name))
        assert getattr(events, name).dtype == getattr(events_2, name).dtype
    for ids, ids_2 in ((events.viewers, events_2.viewers), (events.videos, events_2.videos)):
        assert ids.encoded.tolist() == ids_2.encoded.tolist()
    assert catalogue.ids.encoded.tolist() == catalogue_2.ids.encoded.tolist()
    np.testing.assert_array_equal(catalogue.published, catalogue_2.published)


def by_the_engine(path, tmp_path, cutoff_ms):
    with engine(path, tmp_path, "500MB", 1) as opened:
        return read_events(opened, EventWeights(), cutoff_ms)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("threads", [1, 2])
def test_it_reads_what_the_expressions_define(seed, threads, random_tables, folder, tmp_path):
    tables = in_order(random_tables(seed))
    path = folder(tables)
    middle = JoinConfig(cutoff=str(tables.events.occurred_at.iloc[len(tables.events) // 2])).cutoff_ms
    first = JoinConfig(cutoff=str(tables.events.occurred_at.iloc[0])).cutoff_ms
    for cutoff_ms in (None, middle, first):
        found = read_in_order(path, EventWeights(), cutoff_ms, threads)
        assert found is not None
        same(found, by_the_engine(path, tmp_path, cutoff_ms))


def test_ids_of_many_row_groups_get_one_code_each(random_tables, folder, tmp_path):
    path = folder(in_order(random_tables(3)))
    pq.write_table(pq.read_table(path / "events.parquet"), path / "events.parquet", row_group_size=3)
    found = read_in_order(path, EventWeights(), None, 1)
    assert found is not None
    same(found, by_the_engine(path, tmp_path, None))


def finishes(**changed) -> pd.DataFrame:
    hours = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta([0, 0, 1], unit="h")
    rows = {"event_id": ["a", "b", "A"], "viewer_id": ["u", "v", "u"], "video_id": "one", "occurred_at": hours}
    return frame(TABLES["events"], {**rows, "event_type": "finish", **changed})


def read(folder, events=None, videos=("one",)):
    listed = frame(TABLES["videos"], {"video_id": list(videos)})
    tables = Tables(events=finishes() if events is None else events, videos=listed)
    return read_in_order(folder(tables), EventWeights(), None, 1)


def test_equal_times_may_stand_in_the_order_of_their_ids(folder):
    assert read(folder) is not None
    assert read(folder, finishes(event_id=["b", "a", "A"])) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"occurred_at": pd.to_datetime([2, 1, 3], unit="D", utc=True)},
        {"viewer_id": ["u", None, "u"]},
        {"video_id": [None, "one", "one"]},
        {"event_id": ["a", None, "c"]},
        {"event_type": ["finish", "teleport", "finish"]},
    ],
)
def test_what_ingest_would_not_write_is_left_to_the_engine(changed, folder):
    assert read(folder, finishes(**changed)) is None


def test_a_video_listed_twice_is_left_to_the_engine(folder):
    assert read(folder, videos=("one", "one")) is None


def test_other_columns_or_no_file_are_left_to_the_engine(folder, tmp_path):
    assert read_in_order(tmp_path, EventWeights(), None, 1) is None
    path = folder(Tables(events=finishes()))
    finishes().drop(columns="context").to_parquet(path / "events.parquet")
    assert read_in_order(path, EventWeights(), None, 1) is None


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_tables_join_to_the_same(seed, random_tables, folder, tmp_path):
    tables = random_tables(seed)
    shuffled, ordered = folder(tables), folder(in_order(tables))
    write_joined(join_tables(shuffled), tmp_path / "shuffled")
    write_joined(join_tables(ordered), tmp_path / "ordered")
    assert content_hash(tmp_path / "shuffled") == content_hash(tmp_path / "ordered")
