import numpy as np
import pytest
from scipy.special import expit, logit

from recsys.errors import DataError
from recsys.tags.fusion.calibration import EDGE, PRIOR, Isotonic, Platt, fit_calibrator, reliability


def labelled(n, slope, offset, seed=0):
    """Confidences whose true chance is sigmoid(slope · logit + offset)."""
    rng = np.random.default_rng(seed)
    stated = expit(rng.normal(0, 1.5, n))
    return stated, rng.random(n) < expit(slope * logit(stated) + offset)


@pytest.mark.parametrize("kind", ["platt", "isotonic", "auto"])
def test_a_source_that_boasts_is_seen_through(kind):
    stated, right = labelled(4_000, 0.5, -1.0)
    found = fit_calibrator(stated, right, kind)
    tried = np.array([0.3, 0.5, 0.8, 0.95])
    assert found(tried) == pytest.approx(expit(0.5 * logit(tried) - 1.0), abs=0.07)


def test_the_sigmoid_is_the_one_that_made_the_labels():
    found = fit_calibrator(*labelled(20_000, 1.7, 0.4), kind="platt")
    assert (found.slope, found.offset) == (pytest.approx(1.7, abs=0.08), pytest.approx(0.4, abs=0.08))


def test_a_source_whose_confidence_runs_backwards_gets_a_flat_line():
    stated, right = labelled(2_000, -2.0, 0.0)
    assert fit_calibrator(stated, right, "platt").slope == 0.0
    chances = fit_calibrator(stated, right, "isotonic")(np.array([0.01, 0.99]))
    assert chances[0] == pytest.approx(chances[1])


@pytest.mark.parametrize("right", [[True] * 50, [False] * 50, [True, False] * 5])
def test_with_too_few_labels_or_of_one_kind_only_the_prior_is_taken(right):
    assert fit_calibrator(np.full(len(right), 0.7), np.array(right)) is PRIOR


def test_steps_never_fall_and_chances_are_never_sure():
    found = fit_calibrator(*labelled(300, 3.0, 0.0), kind="isotonic")
    chances = found(np.linspace(0, 1, 101))
    assert (np.diff(chances) >= 0).all()
    assert EDGE <= chances.min() <= chances.max() <= 1 - EDGE
    assert Platt(5.0, 0.0)(np.array([0.0, 1.0])).tolist() == [EDGE, 1 - EDGE]
    assert Isotonic((0.5,), (0.2,))(np.array([0.0, 1.0])).tolist() == [0.2, 0.2]


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(DataError, match="2 confidences and 1 labels"):
        fit_calibrator(np.array([0.1, 0.2]), np.array([True]))


def test_reliability_of_honest_chances_is_small_and_of_boasts_large():
    rng = np.random.default_rng(0)
    chance = rng.random(20_000)
    right = rng.random(20_000) < chance
    rows, error = reliability(chance, right)
    assert error < 0.02
    assert sum(n for _, _, n in rows) == 20_000
    assert reliability(np.full(20_000, 0.9), right)[1] == pytest.approx(0.4, abs=0.02)
    assert reliability(np.empty(0), np.empty(0, bool)) == ([], 0.0)
