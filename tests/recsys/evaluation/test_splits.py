from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.errors import DataError, LeakError
from recsys.evaluation.folds import Fold, Known, pair_matrix
from recsys.evaluation.holdout import first_likes, is_in
from recsys.evaluation.splits import from_files, global_time, leave_last
from recsys.evaluation.toy import toy
from recsys.ids import Ids
from recsys.interactions import Interactions, TrainingData
from recsys.schema import DAY_MS, NEVER


def random_data(seed=0, n_viewers=30, n_videos=40, n_events=500, n_tags=8):
    """Repeats, dislikes, equal times; some videos without events."""
    rng = np.random.default_rng(seed)
    events = Interactions(
        Ids.of(f"u{i:03}" for i in range(n_viewers)),
        Ids.of(f"v{i:03}" for i in range(n_videos)),
        rng.integers(0, n_viewers, n_events).astype(np.int32),
        rng.integers(0, n_videos - 3, n_events).astype(np.int32),
        rng.choice([-1, 0, 0.5, 1, 1], n_events).astype(np.float32),
        np.sort(rng.integers(0, 200, n_events)) * DAY_MS // 4,
    )
    tags = sparse.random_array((n_videos, n_tags), density=0.3, format="csr", dtype=np.float32, rng=rng)
    return TrainingData(events, tags, np.full(n_videos, NEVER), events.as_of)


def part_of(fold, name):
    return next(part for part in fold.slices if part.name == name)


def pairs_of(fold, part):
    """What is to be found, as viewer and video ids."""
    row, column = part.truth.nonzero()
    ids = fold.train.events
    return {(ids.viewers[int(fold.viewers[r])], ids.videos[int(c)]) for r, c in zip(row, column, strict=True)}


def liked_pairs(data):
    """Slow: every pair whose weights sum above 0."""
    totals = {}
    for viewer, video, weight in zip(data.events.viewer, data.events.video, data.events.weight, strict=True):
        totals[viewer, video] = totals.get((viewer, video), 0) + weight
    return {pair for pair, total in totals.items() if total > 0}


def test_positives_are_the_pairs_liked_on_the_whole_at_their_first_positive_event():
    data = random_data()
    likes = first_likes(data.events)
    assert set(zip(likes.viewer, likes.video, strict=True)) == liked_pairs(data)
    assert len(likes) == len(liked_pairs(data))
    for viewer, video, time in zip(likes.viewer, likes.video, likes.time, strict=True):
        mine = (data.events.viewer == viewer) & (data.events.video == video) & (data.events.weight > 0)
        assert time == data.events.time[mine].min()


def test_global_time_trains_strictly_before_the_cutoff_and_tests_from_it_on():
    data = toy("ann: x y z; bob: x w; cat: q", "new: cats")
    fold = global_time(data, cutoff=DAY_MS)
    assert fold.train.events.time.max() < DAY_MS == fold.train.as_of
    assert pairs_of(fold, part_of(fold, "all")) == {("ann", "y"), ("ann", "z"), ("bob", "w")}
    assert (part_of(fold, "all").known.now == DAY_MS).all()


def test_global_time_share_is_the_share_of_later_events():
    data = random_data()
    fold = global_time(data, share=0.3)
    assert len(fold.train.events) / len(data.events) == pytest.approx(0.7, abs=0.02)


def test_global_time_does_not_ask_for_what_the_viewer_had_before():
    fold = global_time(toy("ann: x x y"), cutoff=DAY_MS)
    assert pairs_of(fold, part_of(fold, "all")) == {("ann", "y")}
    assert part_of(fold, "all").exclude.toarray().tolist() == [[1, 0]]


def test_global_time_candidates_are_out_by_the_end_of_the_data():
    data = toy("ann: x y", "soon: cats; later: cats; unknown: cats")
    published = np.array([{"soon": 0, "later": 10 * DAY_MS}.get(data.events.videos[row], NEVER) for row in range(5)])
    fold = global_time(replace(data, published=published), cutoff=DAY_MS)
    names = {data.events.videos[int(row)] for row in np.flatnonzero(part_of(fold, "all").candidates)}
    assert names == {"x", "y", "soon", "unknown"}


def test_global_time_takes_the_tags_as_of_the_cutoff():
    data = toy("ann: x y", "x: cats")
    asked = []
    fold = global_time(data, cutoff=DAY_MS, tags_at=lambda time: asked.append(time) or data.tags * 0)
    assert asked == [DAY_MS]
    assert fold.train.tags.sum() == 0


def test_viewers_without_any_training_event_stay_in_the_test():
    fold = global_time(toy("ann: x x; bob: . x"), cutoff=DAY_MS)
    assert pairs_of(fold, part_of(fold, "all")) == {("bob", "x")}
    assert len(fold.profiles(part_of(fold, "all").known).index) == 0


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_global_time_share_must_leave_something_on_both_sides(share):
    with pytest.raises(DataError, match=f"share is {share}"):
        global_time(toy("ann: x y"), share)


def test_leave_last_holds_out_the_last_liked_video_and_what_came_after():
    fold = leave_last(toy("ann: a b c -d b; bob: a b"))
    assert pairs_of(fold, part_of(fold, "all")) == {("ann", "c")}
    assert fold.train.events.time.tolist() == [0, 0, DAY_MS, DAY_MS]
    assert part_of(fold, "all").known.now.tolist() == [2 * DAY_MS]


def test_leave_last_validation_is_the_last_but_one_and_the_last_is_gone():
    data = toy("ann: a b c d; bob: a b c")
    fold = leave_last(data, validation=True)
    assert pairs_of(fold, part_of(fold, "all")) == {("ann", "c"), ("bob", "b")}
    assert is_in(fold.train.events, leave_last(data).train.events).all()
    assert "d" not in {data.events.videos[int(row)] for row in fold.train.events.video}


def test_leave_last_removes_earlier_events_of_the_held_out_pair():
    fold = leave_last(toy("ann: -c a b c c"))
    assert pairs_of(fold, part_of(fold, "all")) == {("ann", "c")}
    assert len(fold.train.events) == 2


def test_leave_last_agrees_with_a_slow_second_implementation():
    data = random_data(seed=4)
    fold = leave_last(data)
    events, liked = data.events, liked_pairs(data)
    expected = set()
    for viewer in range(30):
        firsts = {}
        for row in np.flatnonzero((events.viewer == viewer) & (events.weight > 0)):
            if (viewer, events.video[row]) in liked:
                firsts.setdefault(int(events.video[row]), row)
        if len(firsts) >= 3:
            expected.add((events.viewers[viewer], events.videos[max(firsts, key=firsts.get)]))
    assert pairs_of(fold, part_of(fold, "all")) == expected


@pytest.mark.parametrize("split", [global_time, leave_last, lambda data: leave_last(data, validation=True)])
@pytest.mark.parametrize("seed", range(3))
def test_no_event_of_a_held_out_pair_is_in_training_and_slices_partition_the_truth(split, seed):
    fold = split(random_data(seed))
    everything, warm, cold = (part_of(fold, name) for name in ("all", "warm", "cold"))
    assert everything.truth.nnz > 0
    assert everything.truth.multiply(pair_matrix(fold.train.events, fold.viewers)).nnz == 0
    assert pairs_of(fold, everything) == pairs_of(fold, warm) | pairs_of(fold, cold)
    seen = {fold.train.events.videos[int(row)] for row in fold.train.events.video}
    assert {video for _, video in pairs_of(fold, warm)} <= seen
    assert not {video for _, video in pairs_of(fold, cold)} & seen
    for part in (warm, cold):  # nobody tells beforehand whether the next video will be a new one
        np.testing.assert_array_equal(part.candidates, everything.candidates)


def planted(fold, row):
    """The fold's training events and one more of the first thing it asks for."""
    events, (viewer, video) = fold.train.events, np.argwhere(fold.slices[0].truth.toarray())[row]
    return replace(
        events,
        viewer=np.append(events.viewer, fold.viewers[viewer]).astype(np.int32),
        video=np.append(events.video, video).astype(np.int32),
        weight=np.append(events.weight, 0).astype(np.float32),
        time=np.append(events.time, events.time[-1]),
    )


def test_a_planted_leak_is_refused_even_at_weight_zero():
    fold = leave_last(random_data())
    with pytest.raises(LeakError, match="training events: 1 pairs, first the viewer at position 0"):
        replace(fold, train=replace(fold.train, events=planted(fold, 0)))


def test_a_leak_through_the_known_history_is_refused():
    fold = leave_last(random_data())
    part = fold.slices[0]
    leaky = replace(part, known=replace(part.known, pairs=planted(fold, 0)))
    with pytest.raises(LeakError, match="known history"):
        replace(fold, slices=(leaky,))


def test_a_history_from_the_future_is_refused():
    fold = leave_last(random_data())
    part = fold.slices[0]
    late = replace(part, known=replace(part.known, now=part.known.now - 30 * DAY_MS))
    with pytest.raises(LeakError, match="strictly before"):
        replace(fold, slices=(late,))


def test_a_positive_that_nothing_could_find_is_refused():
    fold = leave_last(random_data())
    part = fold.slices[0]
    with pytest.raises(DataError, match="not among the candidates"):
        replace(fold, slices=(replace(part, candidates=np.zeros(40, bool)),))
    with pytest.raises(DataError, match="are masked"):
        replace(fold, slices=(replace(part, exclude=part.truth),))


def test_shapes_that_do_not_fit_are_refused():
    fold = leave_last(random_data())
    with pytest.raises(DataError, match="truth is"):
        replace(fold, viewers=fold.viewers[:-1])


def test_ages_count_back_from_when_each_viewer_asks():
    fold = leave_last(toy("ann: a b c d e; bob: a b c"))
    profiles = fold.profiles(part_of(fold, "all").known)
    assert profiles.ages_days.tolist() == [1, 2, 3, 4, 1, 2]
    assert profiles.videos.tags.shape[0] == 5


def published(**more):
    data = toy("ann: a b c d; bob: a b c; cat: d")
    train = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    return from_files(data, train, np.array([[0, 2], [1, 2]]), **more)


def test_published_pairs_become_slices_with_the_other_positives_masked():
    fold = published(other=np.array([[0, 3]]))
    assert pairs_of(fold, part_of(fold, "all")) == {("ann", "c"), ("bob", "c")}
    assert part_of(fold, "cold").truth.nnz == 2
    assert part_of(fold, "warm").truth.nnz == 0
    assert part_of(fold, "cold").exclude.toarray().tolist() == [[1, 1, 0, 1], [1, 1, 0, 0]]
    assert fold.train.events.pairs().matrix().nnz == 4


def test_the_all_slice_can_be_kept_to_viewers_with_both_kinds():
    data = toy("ann: a b c d; bob: a c d; cat: b a")
    train, test = np.array([[0, 0], [1, 0], [2, 1]]), np.array([[0, 1], [0, 2], [1, 2], [2, 0]])
    fold = from_files(data, train, test, all_needs_both=True)
    assert pairs_of(fold, part_of(fold, "all")) == {("ann", "b"), ("ann", "c")}
    assert part_of(fold, "warm").viewers_tested.tolist() == [True, False, True]
    assert from_files(data, train, test).slices[0].viewers_tested.all()


def test_a_published_pair_without_an_event_or_in_both_parts_is_refused():
    data = toy("ann: a b c")
    with pytest.raises(DataError, match="1 test pairs have no event in the data"):
        from_files(data, np.array([[0, 0]]), np.array([[0, 9]]))
    with pytest.raises(LeakError, match="training events"):
        from_files(data, np.array([[0, 0], [0, 1]]), np.array([[0, 1]]))


def test_which_videos_are_cold_can_be_given():
    cold = np.array([False, False, True, True])
    assert part_of(published(cold=cold), "cold").candidates.tolist() == cold.tolist()


def test_a_fold_nobody_can_be_asked_in_is_empty_not_an_error():
    fold = leave_last(toy("ann: a b"))
    assert len(fold.viewers) == 0
    assert len(fold.train.events) == 2
    assert isinstance(fold, Fold)
    assert isinstance(fold.slices[0].known, Known)
