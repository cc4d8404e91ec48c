"""The logging policy's probabilities are the true ones: counted, summed, and against a slow second computation."""

import numpy as np
import pytest

from recsys.datasets.simulation.config import EPOCH_MS, SimulatorConfig
from recsys.datasets.simulation.policy import PARTS, LoggingPolicy, TagIndex
from recsys.datasets.simulation.world import World
from recsys.schema import DAY_MS
from recsys.timeline import ages_days, decay

CONFIG = SimulatorConfig(n_viewers=6, n_videos=40, n_tags=16, tags_per_video=4, slate_size=3, n_events=10, days=10)
NOW = EPOCH_MS + 4 * DAY_MS


@pytest.fixture(scope="module")
def world():
    return World.of(CONFIG)


@pytest.fixture(scope="module")
def policy(world):
    return LoggingPolicy.at(NOW, world.catalogue, TagIndex.of(world.catalogue, CONFIG.n_tags), CONFIG)


def every(policy, believed):
    """(n_viewers, n_videos) probability of each video as the first."""
    return policy.probability(believed, np.tile(np.arange(policy.n_videos), (len(believed), 1)))


def one_by_one(policy, world, believed):
    """The same for one viewer, from the words of the docstring."""
    catalogue, n = world.catalogue, policy.n_videos
    age = ages_days(catalogue.published[:n], NOW)
    popular = catalogue.popularity[:n] * (0.2 + decay(age, CONFIG.freshness_half_life_days))
    fresh = np.maximum(decay(age, 1.0), 1e-6).astype(float)
    chance = np.zeros(n)
    for video in range(n):
        by_tag = 0.0
        for tag in believed:
            tagged = np.array([tag in row for row in catalogue.tags[:n]])
            pool = popular * tagged if tagged.any() else popular
            by_tag += pool[video] / pool.sum() / len(believed)
        shares = 0.9 * np.array([0, 0.35, 0.15, 0.5]) + 0.1 * np.array([1, 0, 0, 0])
        chance[video] = shares @ [1 / n, popular[video] / popular.sum(), fresh[video] / fresh.sum(), by_tag]
    return chance


def test_the_probabilities_of_all_videos_sum_to_1_for_every_viewer(world, policy):
    assert 2 * CONFIG.slate_size <= policy.n_videos < CONFIG.n_videos
    assert every(policy, world.audience.believed).sum(axis=1) == pytest.approx(1)


def test_they_are_those_of_a_slow_second_computation(world, policy):
    for viewer, row in enumerate(every(policy, world.audience.believed)):
        assert row == pytest.approx(one_by_one(policy, world, world.audience.believed[viewer]))


def test_a_favourite_that_no_video_has_falls_to_the_popular_ones(world, policy):
    index = TagIndex(np.empty(0, np.int32), np.zeros(CONFIG.n_tags + 1, np.int64))
    bare = LoggingPolicy(world.catalogue, index, policy.shares, policy.popular, policy.fresh)
    assert every(bare, world.audience.believed).sum(axis=1) == pytest.approx(1)


def test_videos_are_drawn_first_as_often_as_their_probability_says(world, policy):
    n = 200_000
    believed = np.tile(world.audience.believed[0], (n, 1))
    video, part, propensity = policy.slates(np.random.default_rng(1), believed, 1)
    expected = every(policy, believed[:1])[0]
    counted = np.bincount(video[:, 0], minlength=policy.n_videos)
    deviations = (counted - n * expected) / np.sqrt(n * expected * (1 - expected))
    assert np.abs(deviations).max() < 4.5
    assert propensity[:, 0] == pytest.approx(expected[video[:, 0]])
    drawn = np.bincount(part[:, 0], minlength=len(PARTS)) / n
    assert drawn == pytest.approx(policy.shares, abs=0.005)


def test_the_probability_at_a_later_position_is_given_the_videos_above(world, policy):
    n = 200_000
    believed = np.tile(world.audience.believed[1], (n, 1))
    video, _, propensity = policy.slates(np.random.default_rng(2), believed, 2)
    chance = every(policy, believed[:1])[0]
    top = int(chance.argmax())
    below = video[video[:, 0] == top, 1]
    expected = np.where(np.arange(len(chance)) == top, 0, chance / (1 - chance[top]))
    assert expected.sum() == pytest.approx(1)
    counted = np.bincount(below, minlength=len(chance))
    spread = np.sqrt(np.maximum(len(below) * expected * (1 - expected), 1e-9))
    assert np.abs((counted - len(below) * expected) / np.maximum(spread, 1)).max() < 4.5
    assert propensity[video[:, 0] == top, 1] == pytest.approx(expected[below])


def test_no_slate_has_a_video_twice_though_it_holds_half_of_all(world, policy):
    size = policy.n_videos // 2
    video, _, propensity = policy.slates(np.random.default_rng(3), world.audience.believed, size)
    assert all(len(set(row)) == size for row in video.tolist())
    assert ((propensity > 0) & (propensity <= 1)).all()


def test_only_published_videos_are_shown(world, policy):
    video, _, _ = policy.slates(np.random.default_rng(4), np.tile(world.audience.believed, (500, 1)), 3)
    assert (world.catalogue.published[video] <= NOW).all()
