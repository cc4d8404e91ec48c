import numpy as np
import pytest

from recsys.tags.fusion.belief import Correlations, Observation, believed

FREE = Correlations({}, 0.0, 0.0)


def heard(chance, source="a", shots=(0,), evidence=0):
    return Observation(evidence, source, chance, shots)


def test_independent_sources_are_joined_by_noisy_or():
    found = believed([heard(0.5), heard(0.4, "b", evidence=1)], FREE)
    assert found.chance == pytest.approx(1 - 0.5 * 0.6)
    assert found.by_source == pytest.approx({"a": 0.5, "b": 0.4})


def test_a_source_that_only_repeats_another_adds_nothing():
    found = believed([heard(0.5), heard(0.4, "b", evidence=1)], Correlations({"a|b": 1.0}))
    assert found.chance == pytest.approx(0.5)
    assert found.parts == pytest.approx({0: -np.log(0.5), 1: 0.0})


def test_half_a_correlation_counts_half_of_the_less_sure_ones_doubt():
    found = believed([heard(0.4, "b", evidence=1), heard(0.5)], Correlations({"a|b": 0.5}))
    assert found.chance == pytest.approx(1 - 0.5 * 0.6**0.5)


def test_each_further_shot_of_one_source_counts_less():
    once = believed([heard(0.5)], Correlations(between_shots=0.8))
    twice = believed([heard(0.5), heard(0.5, shots=(1,), evidence=1)], Correlations(between_shots=0.8))
    assert (once.chance, twice.chance) == (pytest.approx(0.5), pytest.approx(1 - 0.5**1.2))


def test_in_one_shot_only_the_surest_of_a_source_counts():
    found = believed([heard(0.5), heard(0.3, evidence=1)], FREE)
    assert found.chance == pytest.approx(0.5)
    assert found.parts == pytest.approx({0: found.doubt})


def test_parts_of_the_doubt_add_up_to_it_whatever_the_order():
    given = [heard(0.5, "a", (0, 1), 0), heard(0.7, "b", (1,), 1), heard(0.2, "c", (2, 3), 2), heard(0.6, "a", (1,), 3)]
    found, other = believed(given, Correlations()), believed(given[::-1], Correlations())
    assert sum(found.parts.values()) == pytest.approx(found.doubt)
    assert found.parts == pytest.approx(other.parts)
    assert found.by_shot == pytest.approx(other.by_shot)


def test_a_shot_is_as_sure_as_what_speaks_for_it_there():
    found = believed([heard(0.5), heard(0.4, "b", (0, 1), 1)], FREE)
    assert found.by_shot == pytest.approx({0: 0.7, 1: 0.4})
