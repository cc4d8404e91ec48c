import numpy as np
import pytest

from recsys.models.blend import DEFAULT, Blend
from recsys.models.search import Case, fit_blend, ndcg


def planted(weights, n=120, n_candidates=80, seed=0):
    """Viewers who like the three videos that some weights of random features rank first, a little noise aside."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, n_candidates, len(weights))).astype(np.float32)
    scores = features @ weights + rng.gumbel(size=(n, n_candidates)) * 0.3
    truth = scores >= np.sort(scores, axis=1)[:, [-3]]
    cold = np.broadcast_to(np.arange(n_candidates) % 2 == 0, truth.shape)
    return Case(features, truth, cold.copy(), np.ones_like(truth), np.zeros_like(truth))


START = Blend(np.ones((4, 3, 2), np.float32))


def test_a_planted_blend_is_found_again():
    weights = np.zeros(24)
    weights[[1, 7, 12]] = 2.0, 1.0, 4.0
    found = fit_blend([planted(weights)], START).corners.ravel()
    assert found.max() == pytest.approx(1)
    expected = weights / 4
    np.testing.assert_allclose(found, expected, atol=0.12)


def test_weights_are_never_negative_however_wrong_a_core_is():
    weights = np.zeros(24)
    weights[0], weights[5] = 1.0, -3.0
    found = fit_blend([planted(weights)], START).corners.ravel()
    assert (found >= 0).all()
    assert found[5] == 0
    assert found.argmax() == 0


def test_what_is_found_ranks_at_least_as_well_as_any_single_core():
    weights = np.zeros(24)
    weights[[2, 3]] = 1.0, 1.0
    case = planted(weights, seed=3)
    found = fit_blend([case], START).corners.ravel()
    blended = ndcg(case.features @ found, case.truth)
    assert blended > max(ndcg(case.features[..., at], case.truth) for at in range(24)) + 0.05


def test_only_what_is_shown_counts():
    weights = np.zeros(24)
    weights[4] = 3.0
    case = planted(weights)
    misleading = case.features.copy()
    misleading[:, 40:] = 100.0  # padding, and what the viewer had
    shown = np.broadcast_to(np.arange(80) < 40, case.truth.shape)
    some = Case(misleading, case.truth & shown, case.cold, shown.copy(), case.older)
    assert fit_blend([some], START).corners.ravel().argmax() == 4


def test_cases_without_any_truth_leave_the_blend_as_it_was():
    case = planted(np.ones(DEFAULT.corners.size))
    nothing = Case(case.features, np.zeros_like(case.truth), case.cold, case.shown, case.older)
    found = fit_blend([nothing], DEFAULT)
    np.testing.assert_allclose(found.corners, DEFAULT.corners / DEFAULT.corners.max(), rtol=1e-5)
    assert found.viewer_knots == DEFAULT.viewer_knots


def test_the_same_cases_give_the_same_blend():
    weights = np.arange(24) % 5 / 5
    one, two = (fit_blend([planted(weights)], START).corners for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_ndcg_is_that_computed_by_hand():
    scores = np.array([[0.9, 0.8, 0.7, 0.1], [0.1, 0.2, 0.3, 0.4], [1, 2, 3, 4]])
    truth = np.array([[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]], bool)
    first = (1 / np.log2(3)) / (1 + 1 / np.log2(3))  # the second of two stands third, outside the list of two
    assert ndcg(scores, truth, k=2) == pytest.approx((first + 0) / 2)
    assert ndcg(scores, truth, k=20) == pytest.approx(
        ((1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3)) + 1 / np.log2(5)) / 2
    )


def test_ndcg_without_any_truth_is_0():
    assert ndcg(np.ones((2, 3)), np.zeros((2, 3), bool)) == 0


def test_what_is_masked_never_ranks_above_a_number():
    scores = np.array([[-np.inf, -5.0, -np.inf]])
    assert ndcg(scores, np.array([[False, True, False]]), k=1) == 1
