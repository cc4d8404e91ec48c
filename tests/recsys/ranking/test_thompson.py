"""Thompson sampling: what is promising or untried is looked at, what failed is not, and no door is shut."""

import numpy as np

from recsys.ranking.thompson import SAMPLES, odds


def test_odds_sum_to_1_and_are_never_0():
    found = odds(np.array([0.0, 1.0, 5.0]), np.array([0.0, 500.0, 3.0]), np.array([0.0, 0.0, 3.0]))
    assert np.isclose(found.sum(), 1)
    assert (found > 0).all()


def test_what_was_shown_often_and_never_taken_makes_room_for_what_was_not_tried():
    found = odds(np.zeros(3), np.array([200.0, 0.0, 0.0]), np.zeros(3))
    assert found[0] < 1 / SAMPLES * 20 < found[1]


def test_what_is_taken_wins_over_what_is_not():
    found = odds(np.zeros(3), np.full(3, 100.0), np.array([2.0, 20.0, 4.0]))
    assert found.argmax() == 1
    assert found[1] > 0.9


def test_before_anything_was_shown_the_scores_tell():
    found = odds(np.array([-1.0, 0.0, 1.0]), np.zeros(3), np.zeros(3))
    assert (np.diff(found) > 0).all()


def test_one_alone_is_certain_and_more_taken_than_shown_counts_as_all():
    assert odds(np.zeros(1), np.array([2.0]), np.array([7.0])).tolist() == [1.0]


def test_the_same_data_give_the_same_odds():
    given = np.arange(5.0), np.arange(5.0) * 10, np.arange(5.0)
    assert odds(*given).tolist() == odds(*given).tolist()
