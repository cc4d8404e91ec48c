"""The simulator as a whole: reproducible, in time order, and worth learning from."""

import hashlib
import os

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from recsys.datasets.simulation.config import EPOCH_MS
from recsys.datasets.simulator import SimulatorConfig, simulate, simulate_in_memory, simulated_tables
from recsys.errors import DataError
from recsys.ids import Ids
from recsys.schema import TABLES
from recsys.tables import Tables
from recsys.tags.vectorizer import fit_vectorizer

SMALL = SimulatorConfig(n_viewers=60, n_videos=120, n_events=2000, n_tags=40, tags_per_video=6, days=10)
MIDDLE = SimulatorConfig(n_viewers=300, n_videos=600, n_events=30_000, n_tags=80, tags_per_video=8, days=20)


@pytest.fixture(scope="module")
def small():
    return simulate_in_memory(SMALL)


@pytest.fixture(scope="module")
def middle():
    return simulate_in_memory(MIDDLE)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        simulate(SimulatorConfig(**vars(SMALL) | {"seed": seed}), tmp_path / name)
    one, same, other = (digests(tmp_path / name) for name in ("one", "same", "other"))
    assert one == same
    told_apart = {name for name in one if one[name] != other[name]}
    assert told_apart >= {
        "events.parquet",
        "impressions.parquet",
        "truth.parquet",
        "taggings.parquet",
        "videos.parquet",
    }


@pytest.mark.parametrize("rows_at_once", [100, 777, 10**6])
def test_the_rows_do_not_depend_on_how_many_are_written_at_once(tmp_path, small, rows_at_once):
    simulate(SMALL, tmp_path, rows_at_once=rows_at_once)
    written = Tables.read(tmp_path)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(written, name), getattr(small.tables, name))
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "impressions.parquet"), small.impressions)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "truth.parquet"), small.truth)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "true_tags.parquet"), small.true_tags)
    groups = pq.ParquetFile(tmp_path / "events.parquet").metadata
    assert groups.num_row_groups == -(-groups.num_rows // rows_at_once)


def test_as_many_events_come_as_were_asked_for_save_for_the_rest_of_a_slate(small, middle):
    assert SMALL.n_events <= len(small.tables.events) < SMALL.n_events + 3 * SMALL.slate_size
    assert MIDDLE.n_events <= len(middle.tables.events) < MIDDLE.n_events + 3 * MIDDLE.slate_size


@pytest.mark.parametrize("n_events", [1, 7, 60])
def test_very_few_events_can_be_had_too(n_events):
    tables = simulated_tables(SimulatorConfig(**vars(SMALL) | {"n_events": n_events}))
    assert n_events <= len(tables.events) < n_events + 3 * SMALL.slate_size


def test_events_are_in_time_order_fill_the_days_and_never_come_too_early(middle):
    events, videos = middle.tables.events, middle.tables.videos.set_index("video_id")
    assert events["occurred_at"].is_monotonic_increasing
    assert events["event_id"].is_monotonic_increasing
    start = pd.Timestamp(EPOCH_MS, unit="ms", tz="UTC")
    assert start < events["occurred_at"].iloc[0]
    assert start + pd.Timedelta(days=19, hours=18) < events["occurred_at"].iloc[-1] < start + pd.Timedelta(days=20)
    assert (events["occurred_at"].to_numpy() > videos.loc[events["video_id"], "published_at"].to_numpy()).all()
    assert (events["received_at"] > events["occurred_at"]).all()


def test_no_key_of_any_table_repeats_and_every_reference_is_met(middle):
    tables = middle.tables
    for name, table in TABLES.items():
        assert not getattr(tables, name).duplicated(list(table.key)).any(), name
    videos, tags, viewers = (set(getattr(tables, f"{one}s")[f"{one}_id"]) for one in ("video", "tag", "viewer"))
    assert set(tables.taggings["tag_id"]) <= tags
    assert set(tables.tags["parent_id"].dropna()) <= tags
    assert set(tables.viewer_tags["tag_id"]) <= tags
    assert set(tables.events["video_id"]) <= videos
    assert set(tables.events["viewer_id"]) <= viewers
    assert set(tables.events["request_id"]) <= set(middle.impressions["request_id"])


def test_values_keep_to_the_ranges_of_the_schema(middle):
    for name, table in TABLES.items():
        rows = getattr(middle.tables, name)
        for column in table.columns:
            values = rows[column.name].dropna()
            assert not column.required or len(values) == len(rows), (name, column.name)
            assert not column.choices or set(values) <= set(column.choices)
            if column.pattern:
                assert values.str.fullmatch(column.pattern).all()
            assert column.low is None or (values >= column.low).all()
            assert column.high is None or (values <= column.high).all()


def test_every_main_event_is_an_impression_and_reactions_follow_a_play_or_skip(middle):
    events = middle.tables.events
    shown = set(zip(middle.impressions["request_id"], middle.impressions["video_id"], strict=True))
    main = events[events["event_type"].isin(["play", "finish", "skip"])]
    pairs = list(zip(main["request_id"], main["video_id"], strict=True))
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) <= shown
    reactions = events.drop(main.index)
    assert set(zip(reactions["request_id"], reactions["video_id"], strict=True)) <= set(pairs)
    assert (main["watched_s"].isna() == (main["event_type"] == "skip")).all()


def joined(simulation):
    """One row per impression: what was shown, the truth, and whether it was played."""
    events = simulation.tables.events
    main = events[events["event_type"].isin(["play", "finish", "skip"])]
    rows = simulation.impressions.merge(simulation.truth, on=["request_id", "position", "video_id"])
    rows = rows.merge(main[["request_id", "video_id", "event_type"]], on=["request_id", "video_id"], how="left")
    return rows.assign(examined=rows["event_type"].notna(), played=rows["event_type"].isin(["play", "finish"]))


def test_position_bias_is_in_the_events_and_the_truth_states_it(middle):
    by = joined(middle).groupby("position")
    counted, true = by["examined"].mean(), by["examination"].mean()
    assert counted.to_numpy() == pytest.approx(true.to_numpy(), abs=0.03)
    played = by["played"].mean()
    assert played[0] > 2 * played[7]
    liked = by["play_if_examined"].mean()
    assert liked[0] < 1.2 * liked[7]


def test_plays_happen_as_often_as_the_truth_says_at_every_level(middle):
    rows = joined(middle)
    level = pd.qcut(rows["play_probability"], 10)
    by = rows.groupby(level, observed=True)
    assert by["played"].mean().to_numpy() == pytest.approx(by["play_probability"].mean().to_numpy(), abs=0.03)


def test_propensities_let_another_policy_be_judged_from_the_log():
    """What the uniform policy would play at the top, by inverse propensity, is what the truth says of it."""
    config = SimulatorConfig(
        n_viewers=50, n_videos=60, n_events=60_000, n_tags=30, tags_per_video=5, days=1, back_catalogue=1.0,
        freshness_strength=0.0, quality_strength=1.0,
    )  # fmt: skip
    simulation = simulate_in_memory(config)
    top = joined(simulation).query("position == 0")
    weight = (1 / config.n_videos) / top["propensity"]
    assert weight.mean() == pytest.approx(1, abs=0.03)
    explored = top.loc[top["source"] == "random", "play_if_examined"].mean()
    assert (weight * top["played"]).mean() == pytest.approx(explored, abs=0.025)
    assert top["played"].mean() > explored + 0.05


def test_no_slate_shows_a_video_twice(middle):
    assert not middle.impressions.duplicated(["request_id", "video_id"]).any()
    assert middle.impressions.groupby("request_id").size().eq(MIDDLE.slate_size).all()


def auc(score, positive):
    """How often a played video scores above a skipped one; ties count half."""
    ranks = pd.Series(score).rank().to_numpy()
    n = positive.sum()
    return (ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n))


@pytest.fixture(scope="module")
def later(middle):
    """Plays and skips of the last fifth of time, and a function that scores them from what came before."""
    events = middle.tables.events
    events = events[events["event_type"].isin(["play", "finish", "skip"])]
    cut = events["occurred_at"].quantile(0.8)
    return events[events["occurred_at"] < cut], events[events["occurred_at"] >= cut]


def test_popularity_beats_chance_tags_beat_popularity_and_the_truth_beats_all(middle, later):
    train, test = later
    played = (test["event_type"] != "skip").to_numpy()
    plays = (train["event_type"] != "skip").groupby(train["video_id"]).agg(["sum", "count"])
    popularity = test["video_id"].map((plays["sum"] + 1) / (plays["count"] + 2)).fillna(0.5).to_numpy()
    truth = middle.truth.set_index(["request_id", "video_id"])["play_if_examined"]
    oracle = truth.loc[pd.MultiIndex.from_frame(test[["request_id", "video_id"]])].to_numpy()
    tags = auc(tag_scores(middle.tables, train, test), played)
    assert 0.53 < auc(popularity, played) < tags - 0.02
    assert 0.6 < tags < auc(oracle, played) - 0.1
    assert auc(oracle, played) > 0.8


def tag_scores(tables, train, test):
    """What a viewer's signed tag profile says of each test event."""
    videos, viewers = Ids.of(tables.videos["video_id"]), Ids.of(tables.viewers["viewer_id"])
    end = int(test["occurred_at"].iloc[-1].timestamp() * 1000)
    vectorizer = fit_vectorizer(tables.taggings, tables.tags, videos, end)
    vectors = vectorizer.vectors(vectorizer.evidence(tables.taggings, videos), len(videos), end).toarray()
    profile = np.zeros((len(viewers), vectors.shape[1]))
    sign = np.where(train["event_type"] == "skip", -1.0, 1.0)
    taken = vectors[videos.rows(train["video_id"].to_numpy())] * sign[:, None]
    np.add.at(profile, viewers.rows(train["viewer_id"].to_numpy()), taken)
    rows, columns = (ids.rows(test[name].to_numpy()) for ids, name in ((viewers, "viewer_id"), (videos, "video_id")))
    return (profile[rows] * vectors[columns]).sum(axis=1)


def test_fresh_videos_are_liked_more_than_old_ones(middle):
    rows = joined(middle).query("source == 'random'")
    published = middle.tables.videos.set_index("video_id")["published_at"]
    age = rows["shown_at"].to_numpy() - published.loc[rows["video_id"]].to_numpy()
    fresh, old = age < np.timedelta64(1, "D"), age > np.timedelta64(12, "D")
    assert rows["play_if_examined"][fresh].mean() > rows["play_if_examined"][old].mean() + 0.05


def test_more_is_watched_in_the_evening_than_in_the_early_morning(middle):
    hours = middle.tables.events["occurred_at"].dt.hour
    assert hours.between(18, 23).sum() > 1.5 * hours.between(0, 5).sum()


def test_there_are_cold_viewers_and_cold_videos_late_in_time(later):
    train, test = later
    assert 0.02 < (~test["viewer_id"].isin(train["viewer_id"])).mean() < 0.5
    assert 0.02 < (~test["video_id"].isin(train["video_id"])).mean() < 0.8


def test_progress_is_told_up_to_the_end(tmp_path):
    told = []
    n_events = simulate(SMALL, tmp_path, lambda *step: told.append(step))
    assert told[-1] == (n_events, SMALL.n_events)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_one_that_dies_half_way_leaves_what_was_there_before(tmp_path):
    simulate(SMALL, tmp_path)
    before = digests(tmp_path)

    def die(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(SimulatorConfig(**vars(SMALL) | {"seed": 9}), tmp_path, die)
    assert digests(tmp_path) == before


def test_a_file_in_the_folders_place_and_a_row_group_of_nothing_are_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(DataError, match="is a file; name a folder"):
        simulate(SMALL, tmp_path / "taken")
    with pytest.raises(DataError, match="rows_at_once is 0"):
        simulate(SMALL, tmp_path, rows_at_once=0)
    assert os.listdir(tmp_path) == ["taken"]
