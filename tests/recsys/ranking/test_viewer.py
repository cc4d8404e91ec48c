from dataclasses import replace

import numpy as np
import pytest

from recsys.interactions import Profiles
from recsys.ranking.catalogue import Catalogue, Tagging, VideoChange
from recsys.ranking.viewer import CAP, PastEvents, Viewer, known_viewer
from recsys.schema import DAY_MS


def past(*events):
    ids, weights, times = zip(*events, strict=True) if events else ((), (), ())
    return PastEvents(list(ids), np.array(weights, np.float32), np.array(times, np.int64))


@pytest.fixture
def ids(contents):
    return contents.ids.take(np.arange(5))


def test_events_are_folded_by_video_newest_first(catalogue, ids):
    a, b, c = ids[:3]
    events = past((b, 1.0, 10 * DAY_MS), (a, 0.5, 3 * DAY_MS), (b, 0.5, 2 * DAY_MS), (c, -1.0, 5 * DAY_MS))
    known = known_viewer(Viewer(events), catalogue, 11 * DAY_MS)
    assert [catalogue.id_of(at) for at in known.past] == [b, c, a]
    assert known.profile.weights.tolist() == [1.5, -1.0, 0.5]
    assert known.profile.ages_days.tolist() == [1, 6, 8]
    assert known.profile.steps.tolist() == [0, 1, 2]


def test_the_order_in_which_events_are_read_does_not_matter(catalogue, viewer_of, now):
    viewer = viewer_of(3)
    events = viewer.events
    order = np.random.default_rng(0).permutation(len(events.video_ids))
    shuffled = PastEvents([events.video_ids[at] for at in order], events.weights[order], events.times[order])
    one, other = (known_viewer(replace(viewer, events=each), catalogue, now) for each in (events, shuffled))
    assert len(one.past) > 5
    np.testing.assert_array_equal(one.past, other.past)
    np.testing.assert_allclose(one.profile.weights, other.profile.weights, rtol=1e-6)


@pytest.mark.parametrize("weight, expected", [(2.0, CAP), (-2.0, -CAP)])
def test_what_one_video_weighs_is_capped_either_way(catalogue, ids, weight, expected):
    events = past(*[(ids[0], weight, at) for at in range(5)])
    assert known_viewer(Viewer(events), catalogue, 10).profile.weights.tolist() == [expected]


def test_events_from_after_now_are_left_out(catalogue, ids):
    events = past((ids[0], 1.0, 100), (ids[1], 1.0, 101))
    known = known_viewer(Viewer(events), catalogue, 100)
    assert [catalogue.id_of(at) for at in known.seen] == [ids[0]]
    assert [catalogue.id_of(at) for at in known.past] == [ids[0]]


def test_events_of_unknown_videos_are_left_out(catalogue, ids):
    known = known_viewer(Viewer(past(("nobody knows", 1.0, 5), (ids[2], 1.0, 4))), catalogue, 10)
    assert [catalogue.id_of(at) for at in known.past] == [ids[2]]


def test_events_that_weigh_nothing_together_mark_a_video_as_seen_and_say_nothing(catalogue, ids):
    events = past((ids[0], 0.0, 1), (ids[1], 1.0, 2), (ids[1], -1.0, 3), (ids[2], 1.0, 4))
    known = known_viewer(Viewer(events), catalogue, 10)
    assert sorted(catalogue.id_of(at) for at in known.seen) == ids[:3]
    assert [catalogue.id_of(at) for at in known.past] == [ids[2]]


def test_a_viewer_without_events_is_known_by_nothing(catalogue):
    known = known_viewer(Viewer(), catalogue, 10)
    assert len(known.past) == len(known.seen) == 0
    assert len(known.profile) == 1
    assert known.profile.tags.nnz == 0


def test_a_changed_video_is_known_by_its_new_place(catalogue, ids):
    after = catalogue.with_changes([VideoChange(ids[1], (Tagging("robots", "editor", 1.0),))], now=10)
    known = known_viewer(Viewer(past((ids[1], 1.0, 5), (ids[0], 1.0, 4))), after, 10)
    assert known.past.tolist() == [len(after.ids), 0]
    assert known.profile.videos.rows.tolist() == [1, 0]
    assert known.profile.videos.tags.toarray()[0, after.vectorizer.ids.row("robots")] == pytest.approx(1)


def test_stated_tags_are_kept_with_their_signs_and_unknown_ones_left_out(catalogue, contents):
    first, second = contents.vectorizer.ids.take(np.arange(2))
    known = known_viewer(Viewer(tags={first: 2.0, "nobody uses": 1.0, second: -0.5}), catalogue, 10)
    assert known.profile.tags.toarray()[0, :2].tolist() == [2.0, -0.5]
    assert known.profile.tags.nnz == 2


def test_a_request_knows_a_viewer_as_training_does(platform, catalogue, viewer_of, now):
    data = platform.data
    profiles = Profiles.of(data.events.pairs(CAP), data.videos, now)
    for viewer in range(0, 120, 10):
        known, trained = known_viewer(viewer_of(viewer), catalogue, now), profiles.take(np.array([viewer]))
        counts = trained.weights != 0
        np.testing.assert_array_equal(known.past, trained.index[counts])
        np.testing.assert_allclose(known.profile.weights, trained.weights[counts], rtol=1e-5)
        np.testing.assert_allclose(known.profile.ages_days, trained.ages_days[counts], rtol=1e-5)


def test_events_of_one_moment_stand_in_the_same_order_as_in_training(platform, catalogue):
    events = replace(platform.data.events, time=np.zeros_like(platform.data.events.time))
    trained = Profiles.of(events.pairs(CAP), platform.data.videos, 1).take(np.array([7]))
    mine = np.flatnonzero(events.viewer == 7)
    names = events.videos.take(events.video[mine])
    known = known_viewer(Viewer(PastEvents(names, events.weight[mine], events.time[mine])), catalogue, 1)
    assert len(known.past) > 3
    np.testing.assert_array_equal(known.past, trained.index[trained.weights != 0])


def test_events_before_1970_keep_their_ages(catalogue, ids):
    events = past((ids[0], 1.0, -5 * DAY_MS), (ids[1], 1.0, -3 * DAY_MS))
    known = known_viewer(Viewer(events), catalogue, 0)
    assert [catalogue.id_of(at) for at in known.past] == [ids[1], ids[0]]
    assert known.profile.ages_days.tolist() == [3, 5]


def test_merged_and_banned_stated_tags_count_as_the_taxonomy_says(contents, platform):
    vectorizer = contents.vectorizer
    stands_for = vectorizer.taxonomy.stands_for.copy()
    stands_for[0], stands_for[2] = 1, -1
    taxonomy = replace(vectorizer.taxonomy, stands_for=stands_for)
    catalogue = Catalogue.of(replace(contents, vectorizer=replace(vectorizer, taxonomy=taxonomy)))
    names = vectorizer.ids.take(np.arange(3))
    known = known_viewer(Viewer(tags=dict(zip(names, (1.0, 0.5, 3.0), strict=True))), catalogue, 10)
    assert known.profile.tags.toarray()[0, :3].tolist() == [0, 1.5, 0]
