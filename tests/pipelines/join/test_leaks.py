"""Plant what a row must not see, and look that it is refused or changes nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipelines.join.config import JoinConfig
from pipelines.join.run import join_tables
from recsys.errors import DataError, LeakError
from recsys.interactions import Interactions
from recsys.schema import NEVER, TABLES
from recsys.tables import Tables, frame


def at(day: int) -> pd.Timestamp:
    return pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(days=day)


def tables(tagged_on: int, third_event: bool = False) -> Tables:
    """Ann finishes `one` on day 0, `two` on day 2 and, if asked, `two` again on day 9; both carry `cats`."""
    days = [0, 2, 9] if third_event else [0, 2]
    return Tables(
        videos=frame(TABLES["videos"], {"video_id": ["one", "two"]}),
        taggings=frame(TABLES["taggings"], {
            "video_id": ["one", "two"], "tag_id": ["cats", "cats"], "known_at": [at(-1), at(tagged_on)],
        }),
        events=frame(TABLES["events"], {
            "event_id": [f"e{day}" for day in days], "viewer_id": "ann", "video_id": ["one", "two", "two"][: len(days)],
            "event_type": "finish", "occurred_at": [at(day) for day in days],
        }),
    )  # fmt: skip


@pytest.mark.parametrize(("tagged_on", "match"), [(1, True), (2, False), (3, False)])
def test_a_tagging_known_at_or_after_an_event_does_not_reach_it(tagged_on, match, folder):
    joined = join_tables(folder(tables(tagged_on)), JoinConfig(cutoff="2024-02-01"))
    assert (joined.as_of.match_before[1] > 0) == match


def test_events_at_or_after_the_cutoff_change_nothing(folder):
    config = JoinConfig(cutoff="2024-01-10")
    with_it, without = join_tables(folder(tables(1, third_event=True)), config), join_tables(folder(tables(1)), config)
    assert len(with_it.data.events) == 2
    assert with_it.data.as_of == without.data.as_of
    for name, values in vars(with_it.as_of).items():
        np.testing.assert_array_equal(values, getattr(without.as_of, name))
    np.testing.assert_array_equal(with_it.profiles.toarray(), without.profiles.toarray())


def test_taggings_known_at_the_cutoff_are_in_no_vector(folder):
    joined = join_tables(folder(tables(9)), JoinConfig(cutoff="2024-01-10"))
    assert joined.data.tags.toarray()[:, 0].tolist() == [1, 0]


def test_a_joined_set_refuses_an_event_at_its_cutoff(folder):
    joined = join_tables(folder(tables(1)))
    late = replace(joined.data, as_of=int(joined.data.events.time[-1]))
    with pytest.raises(LeakError, match="1 of 2 events are at or after the cutoff 2024-01-03"):
        replace(joined, data=late)


@pytest.mark.parametrize("known", ["at", "after", "never"])
def test_a_feature_not_known_before_its_event_is_refused(known, folder):
    joined = join_tables(folder(tables(1)))
    times = joined.data.events.time
    known_at = times - 1
    known_at[1] = {"at": times[1], "after": times[1] + 1, "never": NEVER}[known]
    with pytest.raises(LeakError, match="mood would leak the future: 1 of 2 values, first at position 1"):
        joined.attach({"mood": np.zeros(2)}, known_at)


def test_a_feature_known_just_before_is_attached_and_kept(folder):
    joined = join_tables(folder(tables(1)))
    more = joined.attach({"mood": np.array([1, np.nan])}, joined.data.events.time - 1)
    np.testing.assert_array_equal(more.attached["mood"], np.array([1, np.nan], np.float32))
    assert joined.attached == {}
    with pytest.raises(DataError, match="there is a feature 'mood' already"):
        more.attach({"mood": np.zeros(2)}, joined.data.events.time - 1)


def test_a_feature_of_the_wrong_length_is_refused(folder):
    joined = join_tables(folder(tables(1)))
    with pytest.raises(DataError, match="2 events, but 3 values of mood"):
        joined.attach({"mood": np.zeros(3)}, joined.data.events.time - 1)


def test_interactions_must_agree_with_the_features(folder):
    joined = join_tables(folder(tables(1)))
    none = np.zeros(0, np.int32)
    events = Interactions(joined.data.events.viewers, joined.data.events.videos, none, none, none * 1.0, none)
    with pytest.raises(DataError, match="0 events, but 2 values of viewer_events_before"):
        replace(joined, data=replace(joined.data, events=events))
