"""Off-policy estimates: by hand, against a slow second computation, and against the simulated platform's truth."""

from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import pytest

from recsys.datasets.simulation.behaviour import examination, play_probability
from recsys.datasets.simulation.config import EPOCH_MS, SimulatorConfig
from recsys.datasets.simulation.policy import LoggingPolicy, TagIndex
from recsys.datasets.simulation.slates import Block, draw_slates
from recsys.datasets.simulation.world import World
from recsys.errors import ConfigError, DataError
from recsys.evaluation.logged import Logged
from recsys.evaluation.off_policy import effective, off_policy, weights
from recsys.schema import DAY_MS


def by_method(estimates):
    return {one.method: one for one in estimates}


def slots(reward, propensity, wanted, **more):
    arrays = [np.asarray(one, float) for one in (reward, propensity, wanted)]
    n = np.arange(len(reward))
    return Logged(*arrays, request=n, unit=n, **more)


BY_HAND = slots([1, 0, 1, 1], [0.5, 0.5, 0.25, 0.8], [0.25, 1.0, 0.5, 0.0])  # weights 0.5, 2, 2, 0


def test_ips_and_snips_by_hand():
    found = by_method(off_policy(BY_HAND, n_resamples=50))
    assert list(found) == ["logged", "ips", "snips"]
    assert found["logged"].value == 0.75
    assert found["ips"].value == pytest.approx((0.5 + 2) / 4)
    assert found["snips"].value == pytest.approx((0.5 + 2) / 4.5)
    assert found["ips"].ess == pytest.approx(4.5**2 / 8.25)
    assert found["ips"].mean_weight == pytest.approx(4.5 / 4)
    assert found["ips"].clipped == 0


def test_clipping_cuts_weights_and_says_how_many():
    found = by_method(off_policy(BY_HAND, clip=1.5, n_resamples=50))
    assert found["ips"].value == pytest.approx((0.5 + 1.5) / 4)
    assert found["snips"].value == pytest.approx(2 / 3.5)
    assert found["ips"].clipped == 0.5
    assert found["ips"].mean_weight == pytest.approx(4.5 / 4)  # of the weights as they were
    assert found["logged"].clipped == 0


def test_doubly_robust_by_hand():
    predicted, expected = np.array([0.5, 0.5, 1.0, 0.2]), np.array([0.4, 0.6, 0.6, 0.4])
    found = by_method(off_policy(replace(BY_HAND, predicted=predicted, expected=expected), n_resamples=50))
    by_hand = [0.5 * 0.5 + 0.4, 2 * -0.5 + 0.6, 2 * 0.0 + 0.6, 0 * 0.8 + 0.4]
    assert found["dr"].value == pytest.approx(np.mean(by_hand))


def test_a_cascade_multiplies_down_each_list_in_whatever_order_rows_come():
    propensity, wanted = np.array([0.5, 0.5, 0.5, 0.5]), np.array([1.0, 0.25, 0.25, 1.0])
    request, position = np.array([7, 3, 7, 3]), np.array([1, 0, 0, 1])  # weights 7: 0.5, then 2; 3: 0.5, then 2
    logged = Logged(np.array([1.0, 0, 1, 1]), propensity, wanted, request, np.array([0, 1, 0, 1]), position)
    weight, above = weights(logged, "cascade")
    assert weight.tolist() == [1.0, 0.5, 0.5, 1.0]
    assert above.tolist() == [0.5, 1.0, 1.0, 0.5]
    found = by_method(off_policy(logged, "cascade", n_resamples=50))
    assert found["ips"].value == pytest.approx((1 + 0.5 + 1) / 2)
    assert found["snips"].value == pytest.approx(0.5 / 1 + 2 / 2)  # the top's mean and the second place's


def random_log(rng, n_requests=40, size=3):
    request = np.repeat(rng.permutation(n_requests) + 5, size)
    position = np.tile(np.arange(size), n_requests)
    shuffled = rng.permutation(len(request))
    unit = (request[shuffled] - 5) % 11
    return Logged(
        reward=rng.random(len(request)),
        propensity=rng.uniform(0.1, 1, len(request)),
        wanted=rng.uniform(0, 1, len(request)),
        request=request[shuffled],
        unit=unit,
        position=position[shuffled],
        predicted=rng.random(len(request)),
        expected=rng.random(len(request)),
    )


def slow(logged, clip):
    """IPS, SNIPS and DR of a cascade, one list and one place at a time."""
    rows = sorted(range(len(logged)), key=lambda row: (logged.request[row], logged.position[row]))
    ips, dr, by_place, n = 0.0, 0.0, {}, 0
    for _, one_list in groupby(rows, key=lambda row: logged.request[row]):
        n, weight, above = n + 1, 1.0, 1.0
        for row in one_list:
            weight *= logged.wanted[row] / logged.propensity[row]
            cut = min(weight, clip)
            ips += cut * logged.reward[row]
            dr += cut * (logged.reward[row] - logged.predicted[row]) + min(above, clip) * logged.expected[row]
            by_place.setdefault(logged.position[row], []).append((cut, cut * logged.reward[row]))
            above = weight
    snips = sum(sum(r for _, r in place) / sum(w for w, _ in place) for place in by_place.values())
    return {"ips": ips / n, "snips": snips, "dr": dr / n}


@pytest.mark.parametrize("clip", [0.8, 1e9])
def test_estimates_are_those_of_a_slow_second_computation(clip):
    logged = random_log(np.random.default_rng(3))
    found = by_method(off_policy(logged, "cascade", clip, n_resamples=20))
    assert {name: found[name].value for name in ("ips", "snips", "dr")} == pytest.approx(slow(logged, clip))
    assert found["ips"].n_units == 11
    assert found["ips"].n_requests == 40


def test_the_policy_that_ran_is_worth_what_came_of_it():
    logged = random_log(np.random.default_rng(4))
    found = by_method(off_policy(replace(logged, wanted=logged.propensity), "cascade", n_resamples=20))
    own = found["logged"].value
    assert [found[name].value for name in ("ips", "snips")] == pytest.approx([own, own])
    assert found["ips"].ess == pytest.approx(40)


@pytest.mark.parametrize("change, says", [
    ({"propensity": [np.nan, 0, -1, 1.5]}, "4 of 4 propensities cannot be used: 1 missing, 2 zero or below, 1 above 1"),
    ({"wanted": [np.nan, 2, 0.5, 0.5]}, "2 of 4 wanted probabilities"),
    ({"reward": [np.inf, 0, 0, 0]}, "1 of 4 values of reward are not finite"),
    ({"predicted": [0, 0, 0, 0]}, "both predicted and expected"),
    ({"request": [0, 0, 1, 2]}, "1 impressions share request and position"),
    ({"request": [0, 0, 1, 2], "position": [0, 1, 0, 0]}, "more than one unit"),
    ({"unit": [0, 1, 2]}, "4 rewards, but unit of 3"),
    ({"unit": [0, 1, 2, -1]}, "1 units or positions are below 0"),
])  # fmt: skip
def test_what_cannot_be_estimated_from_is_refused(change, says):
    with pytest.raises(DataError, match=says):
        replace(BY_HAND, **{name: np.asarray(value) for name, value in change.items()})


def test_an_empty_log_is_refused():
    with pytest.raises(DataError, match="no impression is logged"):
        slots([], [], [])


@pytest.mark.parametrize("option", [{"clip": 0.0}, {"n_resamples": 0}, {"level": 1.0}, {"reading": "list"}])
def test_options_out_of_range_are_refused(option):
    with pytest.raises(ConfigError):
        off_policy(BY_HAND, **option)


def test_too_few_effective_impressions_are_flagged():
    n = 1000
    wanted = np.where(np.arange(n) < 5, 1.0, 1e-6)
    few = by_method(off_policy(slots(np.ones(n), np.full(n, 0.5), wanted), n_resamples=50))
    assert not few["ips"].enough
    assert "TOO FEW" in few["ips"].line()
    assert few["logged"].enough
    assert by_method(off_policy(slots(np.ones(n), np.full(n, 0.5), np.full(n, 0.5)), n_resamples=50))["ips"].enough


def test_where_the_logs_never_went_nothing_is_said_of():
    nowhere = by_method(off_policy(slots(np.ones(5), np.full(5, 0.5), np.zeros(5)), n_resamples=20))
    assert nowhere["ips"].value == 0
    assert np.isnan([nowhere["snips"].value, nowhere["snips"].low, nowhere["snips"].high]).all()
    assert (nowhere["ips"].ess, nowhere["ips"].enough, nowhere["ips"].mean_weight) == (0, False, 0)


def test_effective_sample_size_is_the_number_of_equal_weights():
    assert effective(np.full(7, 3.0)) == pytest.approx(7)


def test_the_same_seed_gives_the_same_interval():
    logged = random_log(np.random.default_rng(6))
    assert off_policy(logged, n_resamples=100, seed=1) == off_policy(logged, n_resamples=100, seed=1)
    assert off_policy(logged, n_resamples=100, seed=1) != off_policy(logged, n_resamples=100, seed=2)


# The simulated platform: its policy's propensities and its viewers' true preferences are known.

WORLD = World.of(SimulatorConfig(n_viewers=400, n_videos=80, n_tags=24, tags_per_video=4, slate_size=3, n_events=10))
NOW = EPOCH_MS + DAY_MS
BLOCK = Block(start=NOW, end=NOW + DAY_MS)
INDEX = TagIndex.of(WORLD.catalogue, WORLD.config.n_tags)
RAN = LoggingPolicy.at(NOW, WORLD.catalogue, INDEX, WORLD.config)
OTHER = replace(RAN, shares=np.array([0.8, 0.0, 0.1, 0.1]))
SEEDS = 24


@dataclass(frozen=True)
class Truth:
    """(n_viewers, n_videos) of every viewer and video, all at one moment."""

    liked: np.ndarray
    ran: np.ndarray
    other: np.ndarray


@pytest.fixture(scope="module")
def truth():
    audience, n = WORLD.audience, RAN.n_videos
    every = np.tile(np.arange(n, dtype=np.int32), (len(audience.believed), 1))
    liked = play_probability(audience.taste, every, WORLD.catalogue, NOW, WORLD.config)
    return Truth(liked, RAN.probability(audience.believed, every), OTHER.probability(audience.believed, every))


def logs(seed, truth, first_only):
    """What the platform's policy logged, and what the other policy would do; the model knows each video's mean."""
    slates = draw_slates(np.random.default_rng(seed), WORLD, RAN, WORLD.audience.taste, BLOCK, wanted=6000)
    size = 1 if first_only else WORLD.config.slate_size
    n, video, viewer = len(slates), slates.video[:, :size], slates.viewer
    wanted = truth.other[viewer[:, None], video]
    gone = np.cumsum(wanted, 1) - wanted  # of the videos above
    mean = truth.liked.mean(0) * 0.8  # a model that is wrong
    seen = examination(WORLD.config)[:size]
    model = truth.other[viewer] * mean
    left = model.sum(1)[:, None] - np.cumsum(wanted * mean[video], 1) + wanted * mean[video]
    return Logged(
        reward=slates.responses.played[:, :size].ravel().astype(float),
        propensity=slates.propensity[:, :size].ravel(),
        wanted=(wanted / (1 - gone)).ravel(),
        request=np.repeat(np.arange(n), size),
        unit=np.unique(np.repeat(viewer, size), return_inverse=True)[1],
        position=np.tile(np.arange(size), n),
        predicted=(seen * mean[video]).ravel(),
        expected=(seen * left / (1 - gone)).ravel(),
    )


def true_value(truth, first_only):
    """Rewards per request of the other policy: exact for the first place, else the mean of many of its own slates."""
    share = WORLD.audience.weights(NOW)
    share = share / share.sum()
    if first_only:
        return float(share @ (truth.other * truth.liked).sum(1))
    rng = np.random.default_rng(99)
    viewer = rng.choice(len(share), 400_000, p=share)
    video, _, _ = OTHER.slates(rng, WORLD.audience.believed[viewer], WORLD.config.slate_size)
    return float((truth.liked[viewer[:, None], video] * examination(WORLD.config)).sum(1).mean())


@pytest.mark.parametrize("first_only, reading", [(True, "slot"), (False, "cascade")])
def test_the_true_value_of_another_policy_is_found_from_the_logs(truth, first_only, reading):
    value = true_value(truth, first_only)
    found = [by_method(off_policy(logs(seed, truth, first_only), reading, n_resamples=200)) for seed in range(SEEDS)]
    logged = np.mean([one["logged"].value for one in found])
    assert abs(logged - value) > 0.05 * value  # the logs' own mean is another
    for method in ("ips", "snips", "dr"):
        values = np.array([one[method].value for one in found])
        error = values.std(ddof=1) / np.sqrt(SEEDS)
        assert abs(values.mean() - value) < 3 * error + 0.005 * value
        assert sum(one[method].low <= value <= one[method].high for one in found) >= SEEDS - 5
        assert all(one[method].enough for one in found)
        assert np.mean([one[method].mean_weight for one in found]) == pytest.approx(1, abs=0.1)


def test_slot_weights_on_whole_lists_are_told_apart_from_cascades(truth):
    logged = logs(0, truth, first_only=False)
    first = logged.position == 0
    slot, cascade = weights(logged, "slot")[0], weights(logged, "cascade")[0]
    assert slot[first].tolist() == cascade[first].tolist()
    assert not np.allclose(slot[~first], cascade[~first])
