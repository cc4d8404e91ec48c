"""Reports of experiments: right on average, honest about chance, and loud about a split that is not as planned."""

import numpy as np
import pytest

from recsys.errors import DataError
from recsys.evaluation.experiment import Arm, report


def arm(random: np.random.Generator, name: str, rate: float, n: int = 400, weight: float = 1.0) -> Arm:
    """Viewers who differ in how much they are shown and in how much they take."""
    shown = random.integers(5, 60, n).astype(float)
    return Arm(name, weight, shown, random.binomial(shown.astype(int), random.beta(rate * 8, (1 - rate) * 8, n)) * 1.0)


def test_the_interval_of_the_uplift_holds_the_truth_as_often_as_it_says():
    random, held, said = np.random.default_rng(1), 0, 0
    for _ in range(300):
        found = report([arm(random, "control", 0.1), arm(random, "better", 0.12)]).arms[1]
        held += found.uplift_low <= 0.2 <= found.uplift_high
        said += found.p < 0.05
    assert 0.92 <= held / 300 <= 0.98
    assert said / 300 > 0.5


def test_without_a_difference_one_is_found_as_rarely_as_chance_allows():
    random = np.random.default_rng(2)
    found = [report([arm(random, "a", 0.1), arm(random, "b", 0.1)]).arms[1].p < 0.05 for _ in range(400)]
    assert 0.02 <= np.mean(found) <= 0.08


def test_a_split_that_is_not_as_planned_is_called_unsound():
    random = np.random.default_rng(3)
    planned = [arm(random, "a", 0.1, 400), arm(random, "b", 0.1, 410)]
    assert report(planned).is_sound
    odd = report([arm(random, "a", 0.1, 400), arm(random, "b", 0.1, 520)])
    assert not odd.is_sound
    assert odd.ratio_p < 0.001
    assert report([arm(random, "a", 0.1, 300, 3.0), arm(random, "b", 0.1, 100, 1.0)]).is_sound


def test_too_few_viewers_say_nothing_but_are_counted():
    none = Arm("b", 1.0, np.empty(0), np.empty(0))
    one = Arm("a", 1.0, np.array([5.0]), np.array([1.0]))
    found = report([one, none])
    assert [(each.n_viewers, each.n_shown, each.n_taken, each.rate) for each in found.arms] == [
        (1, 5, 1, None),
        (0, 0, 0, None),
    ]
    assert report([none, none]).is_sound
    with pytest.raises(DataError, match="at least one variant"):
        report([])
    with pytest.raises(DataError, match="weight 0"):
        Arm("a", 0, np.ones(1), np.ones(1))


def test_a_control_that_nobody_takes_gives_no_uplift():
    nothing = Arm("a", 1.0, np.full(9, 5.0), np.zeros(9))
    found = report([nothing, Arm("b", 1.0, np.full(9, 5.0), np.ones(9))])
    assert found.arms[1].rate == 0.2
    assert found.arms[1].uplift is None
