from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.errors import DataError
from recsys.evaluation.cold_splits import cold_videos, cold_viewers, strongest_tags
from recsys.evaluation.folds import pair_matrix
from recsys.evaluation.holdout import first_likes, rank_within
from recsys.evaluation.toy import toy
from recsys.ids import Ids
from recsys.interactions import Interactions, TrainingData
from recsys.schema import DAY_MS, NEVER


def random_data(seed=0, n_viewers=40, n_videos=50, n_events=900, n_tags=8):
    rng = np.random.default_rng(seed)
    events = Interactions(
        Ids.of(f"u{i:03}" for i in range(n_viewers)),
        Ids.of(f"v{i:03}" for i in range(n_videos)),
        rng.integers(0, n_viewers, n_events).astype(np.int32),
        rng.integers(0, n_videos - 3, n_events).astype(np.int32),
        rng.choice([-1, 0, 0.5, 1, 1], n_events).astype(np.float32),
        np.sort(rng.integers(0, 300, n_events)) * DAY_MS // 4,
    )
    tags = sparse.random_array((n_videos, n_tags), density=0.3, format="csr", dtype=np.float32, rng=rng)
    return TrainingData(events, tags, np.full(n_videos, NEVER), events.as_of)


def part_of(fold, name):
    return next(part for part in fold.slices if part.name == name)


def test_hidden_videos_have_no_event_left_but_keep_their_tags():
    data = random_data()
    fold = cold_videos(data)
    hidden = part_of(fold, "cold").candidates
    assert hidden.sum() == pytest.approx(0.2 * 47, abs=1)
    assert not hidden[fold.train.events.video].any()
    assert fold.train.tags is data.tags


def test_all_positives_of_hidden_videos_and_a_tenth_of_the_others_are_to_be_found():
    data = random_data(n_events=3000)
    likes, fold = first_likes(data.events), cold_videos(data)
    hidden = part_of(fold, "cold").candidates
    assert part_of(fold, "cold").truth.nnz == hidden[likes.video].sum()
    assert part_of(fold, "warm").truth.nnz / (~hidden[likes.video]).sum() == pytest.approx(0.1, abs=0.03)


def test_the_mixed_list_asks_for_recent_likes_of_hidden_videos_only_and_masks_the_older_ones():
    data = random_data(n_events=3000)
    fold = cold_videos(data)
    mixed, warm, cold = (part_of(fold, name) for name in ("all", "warm", "cold"))
    recent = (mixed.truth - warm.truth).sign()
    assert mixed.truth.multiply(warm.truth).nnz == warm.truth.nnz
    assert 0 < recent.nnz < cold.truth.nnz
    assert recent.multiply(cold.truth).nnz == recent.nnz
    assert recent.nnz / cold.truth.nnz == pytest.approx(0.1, abs=0.05)
    assert mixed.exclude.multiply((cold.truth - recent).sign()).nnz == cold.truth.nnz - recent.nnz


def test_without_times_the_mixed_list_asks_for_everything_hidden():
    data = random_data()
    timeless = replace(data, events=replace(data.events, time=np.zeros_like(data.events.time)), as_of=1)
    mixed, warm, cold = (part_of(cold_videos(timeless), name) for name in ("all", "warm", "cold"))
    assert mixed.truth.nnz == warm.truth.nnz + cold.truth.nnz


def test_no_event_of_a_held_out_pair_is_in_training():
    fold = cold_videos(random_data())
    assert part_of(fold, "all").truth.multiply(pair_matrix(fold.train.events, fold.viewers)).nnz == 0


def test_folds_of_hidden_videos_are_disjoint_and_cover_all_that_were_liked():
    data = random_data()
    hidden = [part_of(cold_videos(data, fold=number), "cold").candidates for number in range(5)]
    liked = np.bincount(first_likes(data.events).video, minlength=50) > 0
    np.testing.assert_array_equal(np.sum(hidden, axis=0), liked)


def test_every_warm_video_keeps_an_event():
    data = random_data(n_events=150)
    fold = cold_videos(data, warm_share=0.9)
    warm = part_of(fold, "warm")
    left = np.bincount(fold.train.events.video, minlength=50)
    assert (left[warm.truth.indices] > 0).all()
    assert warm.truth.nnz > 0


def test_same_seed_same_split_and_another_seed_another():
    data = random_data()
    hidden = [part_of(cold_videos(data, seed=seed), "cold").candidates for seed in (1, 1, 2)]
    assert (hidden[0] == hidden[1]).all()
    assert (hidden[0] != hidden[2]).any()


@pytest.mark.parametrize(
    ("bad", "rule"), [({"share": 0}, "share is 0"), ({"fold": 5}, "folds 0 to 4"), ({"warm_share": 1}, "warm_share")]
)
def test_a_bad_cold_video_setting_is_named(bad, rule):
    with pytest.raises(DataError, match=rule):
        cold_videos(random_data(), **bad)


def test_new_viewers_are_not_in_training_at_all():
    data = random_data()
    fold = cold_viewers(data)
    assert len(fold.viewers) == 8
    assert not np.isin(fold.train.events.viewer, fold.viewers).any()
    gone = ~np.isin(data.events.viewer, fold.viewers)
    assert len(fold.train.events) == gone.sum()


def test_targets_and_masked_videos_are_the_same_for_every_k():
    fold = cold_viewers(random_data())
    names = [part.name for part in fold.slices]
    assert names == ["k0_tags5", "k0", "k1", "k2", "k5", "k10"]
    for part in fold.slices[1:]:
        assert (part.truth != fold.slices[0].truth).nnz == 0
        assert (part.exclude != fold.slices[0].exclude).nnz == 0


def test_about_thirty_percent_of_the_positives_are_targets():
    data = random_data(n_events=3000)
    fold = cold_viewers(data, share=1)
    counts = np.bincount(first_likes(data.events).viewer, minlength=40)[fold.viewers]
    np.testing.assert_array_equal(np.diff(fold.slices[0].truth.indptr), np.maximum((counts * 0.3).astype(int), 1))


@pytest.mark.parametrize("k", [0, 1, 2, 5])
def test_the_first_k_of_the_rest_in_time_are_revealed(k):
    data = random_data()
    fold = cold_viewers(data)
    part, likes = part_of(fold, f"k{k}"), first_likes(data.events)
    targets = part.truth.toarray() > 0
    for position, viewer in enumerate(fold.viewers):
        mine = likes.video[likes.viewer == viewer]  # in time order
        rest = [video for video in mine if not targets[position, video]]
        known = part.known.pairs.video[part.known.pairs.viewer == viewer]
        assert known.tolist() == rest[:k]


def test_stated_tags_are_the_strongest_of_the_rest_and_not_of_the_targets():
    data = toy("ann: a b c", "a: cats; b: cats; c: cats dogs")
    for seed in range(6):
        fold = cold_viewers(data, share=1, ks=(0,), n_tags=1, seed=seed)
        stated = part_of(fold, "k0_tags1").known.stated
        assert stated.toarray().tolist() == [[1, 0]]
    apart = toy("ann: a b c", "a: x; b: y; c: z")
    fold = cold_viewers(apart, share=1, n_tags=3)
    target = int(fold.slices[0].truth.indices[0])
    stated = fold.slices[0].known.stated.toarray()[0]
    assert stated[target] == 0
    assert stated.sum() == 2


def test_profiles_of_a_new_viewer_hold_what_was_revealed_and_stated():
    fold = cold_viewers(random_data())
    assert np.diff(fold.profiles(part_of(fold, "k2").known).indptr).max() == 2
    stating = fold.profiles(part_of(fold, "k0_tags5").known)
    assert len(stating.index) == 0
    assert stating.tags.nnz > 0


def test_viewers_to_keep_out_can_be_given_and_those_with_too_few_positives_are_not_asked():
    data = toy("ann: a b c; bob: a; cat: a b c")
    fold = cold_viewers(data, viewers=np.array([0, 1]))
    assert fold.viewers.tolist() == [0]
    assert set(fold.train.events.viewer.tolist()) == {2}


def test_nobody_able_gives_an_empty_fold():
    fold = cold_viewers(toy("ann: a b"))
    assert len(fold.viewers) == 0
    assert len(fold.train.events) == 2


def test_strongest_tags_keep_ties_to_the_lower_tag_and_drop_none_positive():
    mixes = sparse.csr_array(np.array([[1.0, 1.0, 1.0], [-1.0, 0.0, 2.0], [0.0, 0.0, 0.0]]))
    assert strongest_tags(mixes, 2).toarray().tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_rank_within_agrees_with_sorting_each_group():
    rng = np.random.default_rng(0)
    group, value = rng.integers(0, 5, 60), rng.random(60)
    ranks = rank_within(group, value)
    for one in range(5):
        np.testing.assert_array_equal(np.argsort(np.argsort(value[group == one])), ranks[group == one])
