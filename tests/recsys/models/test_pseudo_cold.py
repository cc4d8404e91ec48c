import numpy as np
import pytest

from recsys.evaluation.toy import toy
from recsys.interactions import Profiles
from recsys.models.pseudo_cold import rehearse

DAYS = toy("ann: a b -c d e; bob: e d -d c b; cat: . . a", "a: x; b: x y; c: y; d: y z; e: z; f: z")


@pytest.fixture(scope="module")
def rehearsed(platform):
    return rehearse(platform.data, 0.15, 0.2, seed=3)


def test_a_share_of_the_watched_and_tagged_videos_is_hidden_wholly(platform, rehearsed):
    data = platform.data
    watched = (data.events.video_counts() > 0) & (np.diff(data.tags.indptr) > 0)
    assert rehearsed.cold.sum() == int(watched.sum() * 0.15)
    assert not (rehearsed.cold & ~watched).any()
    assert not rehearsed.cold[rehearsed.train.events.video].any()
    assert not rehearsed.cold[rehearsed.pairs.video].any()


def test_nothing_that_is_to_be_found_is_left_to_learn_from_or_to_be_known_by(platform, rehearsed):
    truth = rehearsed.truth.toarray() > 0
    left = rehearsed.train.events
    assert truth.any()
    assert not truth[left.viewer, left.video].any()
    assert not truth[rehearsed.pairs.viewer, rehearsed.pairs.video].any()
    profiles = rehearsed.profiles(rehearsed.viewers)
    known = profiles.history(np.ones(len(profiles.index), np.float32)).toarray() > 0
    assert not (truth[rehearsed.viewers] & known).any()


def test_the_truth_is_what_was_liked_and_hidden(platform, rehearsed):
    pairs = platform.data.events.pairs()
    liked = np.zeros(rehearsed.truth.shape, bool)
    liked[pairs.viewer[pairs.weight > 0], pairs.video[pairs.weight > 0]] = True
    truth = rehearsed.truth.toarray()
    assert set(np.unique(truth)) == {0, 1}
    assert not (truth[~liked]).any()
    np.testing.assert_array_equal(truth[:, rehearsed.cold] > 0, liked[:, rehearsed.cold])


def test_of_each_viewers_other_liked_videos_the_latest_are_hidden(platform, rehearsed):
    pairs, truth = platform.data.events.pairs(), rehearsed.truth.toarray() > 0
    shares = []
    for viewer in range(len(pairs.viewers)):
        mine = (pairs.viewer == viewer) & (pairs.weight > 0) & ~rehearsed.cold[pairs.video]
        hidden = truth[viewer, pairs.video[mine]]
        shares.append((hidden.sum(), mine.sum()))
        if hidden.any() and not hidden.all():
            assert pairs.time[mine][hidden].min() >= pairs.time[mine][~hidden].max()
    hidden, every = np.sum(shares, axis=0)
    assert hidden / every == pytest.approx(0.2, abs=0.02)
    assert all(abs(h - 0.2 * n) < 1 for h, n in shares)


def test_events_that_hide_nothing_stay(platform, rehearsed):
    events, left = platform.data.events, rehearsed.train.events
    gone = rehearsed.truth.toarray() > 0
    stays = ~rehearsed.cold[events.video] & ~gone[events.viewer, events.video]
    for name in ("viewer", "video", "weight", "time"):
        np.testing.assert_array_equal(getattr(left, name), getattr(events, name)[stays])


def test_only_viewers_with_something_to_find_and_something_to_go_by_are_asked(rehearsed):
    has_truth = np.diff(rehearsed.truth.indptr) > 0
    pairs = rehearsed.pairs
    likes = np.bincount(pairs.viewer[pairs.weight > 0], minlength=len(has_truth)) > 0
    np.testing.assert_array_equal(rehearsed.viewers, np.flatnonzero(has_truth & likes))


def test_known_videos_are_those_that_somebody_still_had(rehearsed):
    np.testing.assert_array_equal(np.flatnonzero(rehearsed.known), np.unique(rehearsed.train.events.video))
    assert not (rehearsed.known & rehearsed.cold).any()


def test_the_seed_decides_what_is_hidden(platform):
    one, same, other = (rehearse(platform.data, 0.15, 0.2, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.cold, same.cold)
    assert (one.truth != same.truth).nnz == 0
    assert (one.cold != other.cold).any()


def test_the_data_stay_untouched(platform):
    events = platform.data.events
    before = [one.copy() for one in (events.viewer, events.video, events.weight, events.time)]
    rehearse(platform.data, 0.15, 0.2, seed=0)
    for was, one in zip(before, (events.viewer, events.video, events.weight, events.time), strict=True):
        np.testing.assert_array_equal(one, was)


def names(rehearsal, profiles, viewer):
    mine = slice(profiles.indptr[viewer], profiles.indptr[viewer + 1])
    return [rehearsal.train.events.videos[int(at)] for at in profiles.index[mine]]


def test_a_cut_profile_holds_the_first_liked_videos_newest_first():
    rehearsal = rehearse(DAYS, 1e-9, 1e-9, seed=0)  # hides nothing, but by the rarest chance
    viewers = np.arange(3)
    assert names(rehearsal, rehearsal.profiles(viewers), 0) == ["e", "d", "c", "b", "a"]
    assert names(rehearsal, rehearsal.profiles(viewers), 1) == ["b", "c", "d", "e"]
    cut = rehearsal.profiles(viewers, 2)
    assert [names(rehearsal, cut, one) for one in viewers] == [["b", "a"], ["c", "e"], ["a"]]
    assert rehearsal.profiles(viewers, 0).n_liked.tolist() == [0, 0, 0]
    full = rehearsal.profiles(viewers)
    kept = [list(full.index).index(at) for at in cut.index[:2]]
    np.testing.assert_array_equal(cut.ages_days[:2], full.ages_days[kept])
    np.testing.assert_array_equal(cut.steps, [0, 1, 0, 1, 0])


def test_stated_tags_are_those_strongest_among_the_liked():
    rehearsal = rehearse(DAYS, 1e-9, 1e-9, seed=0)
    stated = rehearsal.profiles(np.arange(3), 0, n_tags=2).tags.toarray()  # x y z
    # ann liked a b d e: x 2, y 2, z 2; bob e c b (d came to nothing): x 1, y 2, z 1; cat a: x
    assert stated.sum(1).tolist() == [2, 2, 1]
    assert stated[1, 1] == 1
    assert stated[2].tolist() == [1, 0, 0]
    assert rehearsal.profiles(np.arange(3)).tags.nnz == 0


def test_data_without_tags_hides_no_video_but_still_the_latest():
    data = toy("; ".join(f"u{i}: a b c d e f g h i j" for i in range(20)))
    rehearsal = rehearse(data, 0.3, 0.1, seed=0)
    assert not rehearsal.cold.any()
    assert rehearsal.truth.sum() == 20
    assert rehearsal.truth.toarray()[:, 9].all()


def test_profiles_know_the_ages_of_what_is_left(rehearsed):
    some = rehearsed.viewers[:5]
    expected = Profiles.of(rehearsed.pairs, rehearsed.train.videos, rehearsed.train.as_of, some)
    np.testing.assert_array_equal(rehearsed.profiles(some).ages_days, expected.ages_days)
