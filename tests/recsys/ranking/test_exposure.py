"""Exposure of cold videos: the budget is kept, and the logged chances are the true ones."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from recsys.errors import ConfigError
from recsys.ranking.exposure import chances, expose

COLD = np.array([False, False, True, False, True, True])


ODDS = np.array([0, 0, 0.1, 0, 0.7, 0.2])


@pytest.mark.parametrize("odds", [None, ODDS])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 1.0])
def test_the_chances_of_all_lists_sum_to_1(share, odds):
    n = 3
    every = [float(np.prod(chances(np.array(one), COLD, n, share, odds))) for one in permutations(range(len(COLD)), n)]
    assert sum(every) == pytest.approx(1)


@pytest.mark.parametrize(("share", "odds"), [(0.2, None), (0.5, None), (0.5, ODDS)])
def test_lists_come_as_often_as_their_chances_say(share, odds):
    n_draws = 20_000
    counted = Counter(tuple(expose(COLD, 3, share, seed, odds).order.tolist()) for seed in range(n_draws))
    for one, times in counted.items():
        chance = float(np.prod(chances(np.array(one), COLD, 3, share, odds)))
        assert abs(times - n_draws * chance) < 4.5 * np.sqrt(n_draws * chance) + 1


def test_every_list_holds_its_budget_and_the_rest_comes_by_chance():
    cold = np.arange(60) >= 40
    found = [int(cold[expose(cold, 10, 0.25, seed).order].sum()) for seed in range(2000)]
    assert set(found) == {2, 3}
    assert np.mean(found) == pytest.approx(2.5, abs=0.05)


def test_cold_videos_that_rank_high_count_towards_the_budget():
    cold = np.arange(20) < 3
    made = expose(cold, 10, 0.3, 5)
    assert cold[made.order].sum() == 3


def test_share_0_is_the_input_and_certain():
    made = expose(COLD, 5, 0, 1)
    assert made.order.tolist() == [0, 1, 2, 3, 4]
    assert made.propensity.tolist() == [1] * 5
    assert not made.explored.any()


def test_the_same_seed_gives_the_same_list_and_propensities_that_can_be_logged():
    cold = np.arange(50) % 3 == 0
    lists = [expose(cold, 10, 0.35, seed) for seed in range(50)]
    assert expose(cold, 10, 0.35, 7).order.tolist() == lists[7].order.tolist()
    assert len({tuple(one.order.tolist()) for one in lists}) > 40
    assert all(((one.propensity > 0) & (one.propensity <= 1)).all() for one in lists)
    assert all(len(set(one.order.tolist())) == 10 for one in lists)


def test_explored_are_the_places_that_the_ranking_would_not_have_filled_so():
    cold = np.arange(30) >= 20
    made = expose(cold, 5, 0.4, 3)
    assert made.explored.tolist() == (made.order >= 20).tolist()


def test_where_cold_ones_run_out_the_best_follow():
    cold = np.array([False, True, False, False])
    assert sorted(expose(cold, 4, 1.0, 0).order.tolist()) == [0, 1, 2, 3]
    assert expose(np.zeros(3, bool), 3, 1.0, 0).order.tolist() == [0, 1, 2]
    assert expose(np.ones(0, bool), 3, 0.5, 0).order.tolist() == []


def test_a_list_that_could_not_have_been_has_chance_0():
    assert chances(np.array([3, 0]), COLD, 2, 0.5).tolist() == [0, 0]


@pytest.mark.parametrize("n, share", [(3, -0.1), (3, 1.1), (-1, 0.5)])
def test_options_out_of_range_are_refused(n, share):
    with pytest.raises(ConfigError):
        expose(COLD, n, share, 0)
