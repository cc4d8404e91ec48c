import numpy as np
import pytest
from scipy import sparse

from recsys.errors import ConfigError
from recsys.evaluation.toy import toy
from recsys.interactions import Profiles, Videos
from recsys.models.popularity import PopularityConfig, fit_popularity

DATA = toy("ann: a b; bob: a -c; cat: a b", "a: cats; b: dogs; c: cats; new: cats dogs; bare:")  # a b bare c new


def test_events_are_counted_on_a_log_scale():
    model = fit_popularity(DATA, PopularityConfig(prior_events=0))
    np.testing.assert_allclose(model.popularity, [np.log(4), np.log(3), np.nan, 0, np.nan], rtol=1e-6)


def test_events_count_half_at_their_half_life():
    model = fit_popularity(DATA, PopularityConfig(half_life_days=1, prior_events=0))
    # as of just after day 1: a had three events on day 0, b two on day 1
    np.testing.assert_allclose(model.popularity[:2], np.log1p([3 * 0.5, 2]), rtol=1e-5)


def test_few_events_are_smoothed_towards_what_the_tags_let_expect():
    config = PopularityConfig(prior_events=4, ridge=2)
    model = fit_popularity(DATA, config)
    counted = np.log([4, 3, 1])  # of a, b and c, which somebody had and nobody liked
    mean = counted.mean()
    x = np.array([[1, 0], [0, 1], [1, 0]])  # cats, dogs, cats
    by_tag = np.linalg.solve(x.T @ x + 2 * np.eye(2), x.T @ (counted - mean))
    np.testing.assert_allclose(model.tag_weights, by_tag, rtol=1e-4)
    guess = mean + np.array([by_tag[0], by_tag[1], 0, by_tag[0], by_tag.sum()])
    events = np.array([3, 2, 0, 1, 0])
    seen = np.array([counted[0], counted[1], 0, counted[2], 0])
    np.testing.assert_allclose(model.popularity, (events * seen + 4 * guess) / (events + 4), rtol=1e-5)


def test_a_video_newer_than_the_model_is_guessed_from_its_tags():
    model = fit_popularity(DATA)
    newer = Videos(np.array([-1, -1, 4], np.int32), DATA.tags[[4, 2, 4]])
    of = model.of(newer)
    np.testing.assert_allclose(of[0], of[2], rtol=1e-6)
    assert of[1] == pytest.approx(model.mean)


def test_tags_of_popular_videos_raise_a_guess():
    model = fit_popularity(toy("ann: a b; bob: a; cat: a b", "a: cats; b: dogs"))
    assert model.tag_weights[0] > 0 > model.tag_weights[1]


def test_everybody_gets_the_same_row():
    profiles = Profiles.of(DATA.events.pairs(), DATA.videos, DATA.as_of)
    scores = fit_popularity(DATA).score(profiles, DATA.videos)
    np.testing.assert_array_equal(scores, np.tile(scores[0], (3, 1)))


def test_without_a_single_liked_event_every_video_is_equally_unpopular():
    assert fit_popularity(toy("ann: -a -b", "a: cats")).popularity.tolist() == [0, 0]


def test_without_a_prior_a_video_that_nobody_had_is_nan_and_one_that_nobody_liked_is_not():
    found = fit_popularity(toy("ann: -a b", "c:"), PopularityConfig(prior_events=0)).popularity
    assert np.isnan(found).tolist() == [False, False, True]
    assert found[0] == 0 < found[1]


def test_a_tag_that_the_model_has_never_seen_adds_nothing():
    model = fit_popularity(DATA)
    wide = sparse.csr_array(np.array([[1, 0, 7]], np.float32))
    narrow = sparse.csr_array(np.array([[1, 0]], np.float32))
    new = np.array([-1], np.int32)
    assert model.of(Videos(new, wide)) == model.of(Videos(new, narrow))


@pytest.mark.parametrize("bad", [{"half_life_days": 0.0}, {"prior_events": -1.0}, {"ridge": 0.0}])
def test_a_bad_setting_is_named(bad):
    ((name, value),) = bad.items()
    with pytest.raises(ConfigError, match=rf"popularity\.{name} is {value}"):
        PopularityConfig(**bad)
