import numpy as np
import pytest

from recsys.datasets.simulation.behaviour import examination, play_probability, respond
from recsys.datasets.simulation.config import EPOCH_MS, SimulatorConfig
from recsys.datasets.simulation.world import World
from recsys.schema import DAY_MS

CONFIG = SimulatorConfig(n_viewers=50, n_videos=100, n_tags=40, tags_per_video=5, slate_size=5, n_events=10)


def responses(probability, n=100_000, config=CONFIG):
    shape = (n, config.slate_size)
    return respond(np.random.default_rng(0), np.full(shape, probability, np.float32), np.full(shape, 30.0), config)


def test_the_first_position_is_always_examined_and_lower_ones_as_rarely_as_stated():
    expected = examination(CONFIG)
    assert expected[0] == 1
    assert (np.diff(expected) < 0).all()
    assert responses(0.5).examined.mean(axis=0) == pytest.approx(expected, abs=0.01)


def test_without_position_bias_every_position_is_examined():
    config = SimulatorConfig(n_videos=100, n_tags=40, tags_per_video=5, slate_size=5, position_bias=0)
    assert responses(0.5, 100, config).examined.all()


@pytest.mark.parametrize("probability", [0.1, 0.7])
def test_examined_videos_are_played_as_often_as_the_truth_says_and_others_never(probability):
    got = responses(probability)
    assert got.played[got.examined].mean() == pytest.approx(probability, abs=0.01)
    assert not got.played[~got.examined].any()


def test_what_is_liked_more_is_watched_longer_and_praised_more():
    low, high = responses(0.2), responses(0.8)
    assert high.watched_s[high.played].mean() > 1.5 * low.watched_s[low.played].mean()
    assert high.reactions["like"][high.played].mean() > 2 * low.reactions["like"][low.played].mean()
    assert high.reactions["dislike"][high.played].mean() < low.reactions["dislike"][low.played].mean()


def test_watch_times_stay_within_the_video_and_only_skipped_videos_are_hidden():
    got = responses(0.5)
    assert got.watched_s.max() == 30
    assert (got.watched_s[got.finished] == 30).all()
    assert (got.watched_s[got.played] > 0).all()
    assert not (got.reactions["hide"] & (got.played | ~got.examined)).any()
    assert got.reactions["hide"].any()


def test_events_count_one_per_examined_place_and_one_per_reaction():
    got = responses(0.5, 50)
    expected = got.examined.sum() + sum(given.sum() for given in got.reactions.values())
    assert got.n_events().sum() == expected
    assert got.first(10).n_events().tolist() == got.n_events()[:10].tolist()


def test_the_truth_rises_with_taste_quality_and_freshness():
    world = World.of(CONFIG)
    video = np.arange(100, dtype=np.int32)[None, :]
    now = EPOCH_MS + 10 * DAY_MS

    def truth(**strengths):
        none = {"taste_strength": 0.0, "quality_strength": 0.0, "freshness_strength": 0.0}
        config = SimulatorConfig(n_videos=100, n_tags=40, tags_per_video=5, **(none | strengths))  # type: ignore[arg-type]
        return play_probability(world.audience.taste[:1], video, world.catalogue, now, config)[0]

    assert np.ptp(truth()) == 0
    affinity = world.catalogue.direction @ world.audience.taste[0]
    assert np.corrcoef(truth(taste_strength=1.0), affinity)[0, 1] > 0.95
    order = np.argsort(world.catalogue.quality)
    assert (np.diff(truth(quality_strength=1.0)[order]) >= 0).all()
    out = world.catalogue.published <= now
    assert (np.diff(truth(freshness_strength=1.0)[out]) >= 0).all()
