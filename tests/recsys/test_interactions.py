from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.errors import DataError
from recsys.evaluation.toy import toy
from recsys.ids import Ids
from recsys.interactions import Interactions, Profiles, TrainingData, Videos, latest
from recsys.schema import DAY_MS, NEVER


def events(*rows):
    """(viewer, video, weight, time)"""
    viewer, video, weight, time = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Interactions(
        Ids.of("abc"), Ids.of("wxyz"), np.array(viewer, np.int32), np.array(video, np.int32),
        np.array(weight, np.float32), np.array(time, np.int64),
    )  # fmt: skip


MIXED = events((0, 1, 1.0, 10), (1, 1, 2.0, 20), (0, 1, 0.5, 30), (0, 3, -1.0, 30), (1, 1, 2.0, 40), (2, 0, 0.0, 50))


def rows(pairs):
    return list(
        zip(pairs.viewer.tolist(), pairs.video.tolist(), pairs.weight.tolist(), pairs.time.tolist(), strict=True)
    )


def test_pairs_sum_weights_within_the_cap_at_the_last_time():
    assert rows(MIXED.pairs()) == [(0, 1, 1.5, 30), (0, 3, -1.0, 30), (1, 1, 3.0, 40), (2, 0, 0.0, 50)]
    assert rows(MIXED.pairs(cap=1.0))[0] == (0, 1, 1.0, 30)


def test_pairs_of_events_before_1970_keep_their_times():
    old = events((0, 1, 1.0, -500), (0, 1, 1.0, -300), (1, 2, 1.0, -200))
    assert rows(old.pairs()) == [(0, 1, 2.0, -300), (1, 2, 1.0, -200)]


def test_pairs_stand_in_time_order_and_are_pairs_of_themselves():
    rng = np.random.default_rng(0)
    n = 300
    many = events(
        *zip(
            rng.integers(0, 3, n),
            rng.integers(0, 4, n),
            rng.normal(size=n),
            np.sort(rng.integers(0, 99, n)),
            strict=True,
        )
    )
    pairs = many.pairs()
    assert (np.diff(pairs.time) >= 0).all()
    assert rows(pairs.pairs()) == rows(pairs)
    assert len(pairs) == 12


def test_no_events_make_no_pairs():
    assert len(events().pairs()) == 0
    assert events().as_of == 0


def test_the_matrix_adds_up_repeats_with_their_signs():
    np.testing.assert_array_equal(MIXED.matrix().toarray(), [[0, 1.5, 0, -1], [0, 4, 0, 0], [0, 0, 0, 0]])


def test_likes_are_counted_and_so_are_all_events():
    assert MIXED.video_counts().tolist() == [0, 4, 0, 0]
    assert MIXED.video_events().tolist() == [1, 4, 0, 1]


def test_before_is_strictly_before_and_as_of_is_after_the_last():
    assert len(MIXED.before(30)) == 2
    assert MIXED.as_of == 51
    assert len(MIXED.before(MIXED.as_of)) == len(MIXED)


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"time": MIXED.time[::-1]}, "time order"),
        ({"weight": np.full(6, np.nan, np.float32)}, "finite"),
        ({"weight": np.full(6, np.inf, np.float32)}, "finite"),
        ({"video": MIXED.video[:3]}, r"one length; got lengths \[3, 6\]"),
    ],
)
def test_unsound_events_are_refused(changed, message):
    with pytest.raises(DataError, match=message):
        replace(MIXED, **changed)


def test_the_latest_share_of_each_viewer_is_taken_and_right_on_average():
    data = toy("; ".join(f"u{i:02}: " + " ".join(f"v{j}" for j in range(5)) for i in range(40))).events
    held = latest(data, 0.5, np.random.default_rng(0))
    per_viewer = np.bincount(data.viewer[held], minlength=40)
    assert set(per_viewer) == {2, 3}
    assert 90 < held.sum() < 110
    for viewer in range(40):
        mine = data.viewer == viewer
        assert data.time[mine & held].min() > data.time[mine & ~held].max()


VIDEOS = Videos.trained(sparse.csr_array(np.eye(4, dtype=np.float32)))


def test_profiles_list_pasts_newest_first_with_ages():
    pairs = events((0, 1, 1.0, DAY_MS), (1, 2, 1.0, 2 * DAY_MS), (0, 3, -1.0, 3 * DAY_MS)).pairs()
    profiles = Profiles.of(pairs, VIDEOS, 4 * DAY_MS)
    assert profiles.indptr.tolist() == [0, 2, 3, 3]
    assert profiles.index.tolist() == [3, 1, 2]
    assert profiles.weights.tolist() == [-1, 1, 1]
    assert profiles.ages_days.tolist() == [1, 3, 2]
    assert profiles.viewer.tolist() == [0, 0, 1]
    assert profiles.steps.tolist() == [0, 1, 0]
    assert profiles.n_liked.tolist() == [1, 1, 0]


def test_an_event_after_the_moment_asked_for_has_no_negative_age():
    pairs = events((0, 1, 1.0, 5 * DAY_MS)).pairs()
    assert Profiles.of(pairs, VIDEOS, DAY_MS).ages_days.tolist() == [0]


def test_some_viewers_are_taken_in_the_order_asked_for_also_twice():
    pairs = MIXED.pairs()
    every = Profiles.of(pairs, VIDEOS, 100)
    stated = sparse.csr_array(np.arange(12, dtype=np.float32).reshape(3, 4))
    every = replace(every, tags=stated)
    some = every.take(np.array([2, 0, 2]))
    assert some.index.tolist() == [0, *every.index[:2], 0]
    np.testing.assert_array_equal(some.tags.toarray(), stated.toarray()[[2, 0, 2]])
    assert len(every.take(np.empty(0, np.int32))) == 0
    direct = Profiles.of(pairs, VIDEOS, 100, np.array([2, 0, 2]), stated[[2, 0, 2]])
    np.testing.assert_array_equal(direct.index, some.index)
    np.testing.assert_array_equal(direct.tags.toarray(), some.tags.toarray())


def test_a_history_is_the_table_of_weights_or_of_what_stands_in_their_place():
    profiles = Profiles.of(MIXED.pairs(), VIDEOS, 100)
    np.testing.assert_array_equal(profiles.history().toarray(), [[0, 1.5, 0, -1], [0, 3, 0, 0], [0, 0, 0, 0]])
    ones = profiles.history(np.ones(len(profiles.index), np.float32)).toarray()
    np.testing.assert_array_equal(ones, [[0, 1, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0]])


def test_videos_are_taken_by_position_and_widened_without_a_copy():
    some = VIDEOS.take(np.array([3, 1]))
    assert some.rows.tolist() == [3, 1]
    wide = some.widened(6)
    assert wide.tags.shape == (2, 6)
    np.testing.assert_array_equal(wide.tags.toarray()[:, :4], some.tags.toarray())
    assert np.shares_memory(wide.tags.data, some.tags.data)
    assert some.widened(4) is some


def test_arrays_that_do_not_fit_together_are_refused():
    with pytest.raises(DataError, match="3 rows, but tags of 4 videos"):
        Videos(np.arange(3, dtype=np.int32), VIDEOS.tags)
    with pytest.raises(DataError, match="3 histories, but stated tags of 2 viewers"):
        replace(Profiles.of(MIXED.pairs(), VIDEOS, 100), tags=sparse.csr_array((2, 4)))
    with pytest.raises(DataError, match="4 videos, but tag vectors of 3"):
        TrainingData(MIXED, sparse.csr_array((3, 2)), np.full(4, NEVER), 60)
    with pytest.raises(DataError, match="4 videos, but 2 publishing times"):
        TrainingData(MIXED, sparse.csr_array((4, 2)), np.full(2, NEVER), 60)
