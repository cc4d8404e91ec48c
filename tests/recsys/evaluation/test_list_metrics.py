import math

import numpy as np
import pytest
from scipy import sparse

from recsys.evaluation.list_metrics import SMOOTHING, calibration, coverage, diversity, gini, novelty

RNG = np.random.default_rng(5)
TAGS = sparse.random_array((12, 6), density=0.4, format="csr", rng=RNG)
RANKED = np.array([RNG.permutation(12)[:4] for _ in range(20)], np.int32)
RANKED[RNG.random(RANKED.shape) < 0.15] = -1


def slow_diversity(ranked, tags):
    vectors = [tags[v] for v in ranked if v >= 0]
    lengths = [np.linalg.norm(v) for v in vectors]
    cosines = [
        vectors[i] @ vectors[j] / (lengths[i] * lengths[j]) if lengths[i] * lengths[j] else 0.0
        for i in range(len(vectors))
        for j in range(i)
    ]
    return 1 - sum(cosines) / len(cosines) if cosines else math.nan


def slow_calibration(ranked, tags, history):
    def mix(weights):
        parts = [w * tags[v] / tags[v].sum() for v, w in weights if w > 0 and tags[v].sum()]
        return sum(parts) / sum(parts).sum() if parts else None

    wanted, listed = mix(list(enumerate(history))), mix([(v, 1) for v in ranked if v >= 0])
    if wanted is None or listed is None:
        return math.nan
    return sum(
        p * math.log(p / ((1 - SMOOTHING) * q + SMOOTHING * p)) for p, q in zip(wanted, listed, strict=True) if p
    )


def test_diversity_agrees_with_a_slow_second_implementation():
    slow = [slow_diversity(row, TAGS.toarray()) for row in RANKED]
    np.testing.assert_allclose(diversity(RANKED, TAGS), slow, atol=1e-12)


def test_calibration_agrees_with_a_slow_second_implementation():
    history = sparse.csr_array(np.where(RNG.random((20, 12)) < 0.4, RNG.normal(1, 1, (20, 12)), 0))
    slow = [slow_calibration(row, TAGS.toarray(), history.toarray()[u]) for u, row in enumerate(RANKED)]
    np.testing.assert_allclose(calibration(RANKED, TAGS, history), slow, atol=1e-12)


def test_a_list_with_the_viewers_own_mix_is_calibrated_and_a_strange_one_is_not():
    tags = sparse.csr_array(np.eye(3))
    history = sparse.csr_array(np.array([[1.0, 1.0, 0.0]] * 2))
    own, strange = calibration(np.array([[0, 1], [2, -1]]), tags, history)
    assert own == pytest.approx(0, abs=1e-12)
    assert strange == pytest.approx(math.log(1 / SMOOTHING))


def test_calibration_is_nan_without_history_or_list():
    tags = sparse.csr_array(np.eye(2))
    history = sparse.csr_array(np.array([[0.0, 0.0], [1.0, 0.0]]))
    assert np.isnan(calibration(np.array([[0], [-1]]), tags, history)).all()


def test_diversity_is_nan_below_two_videos_and_one_between_untagged_ones():
    tags = sparse.csr_array(np.array([[1.0], [0.0], [0.0]]))
    np.testing.assert_array_equal(diversity(np.array([[0, -1], [1, 2]]), tags), [np.nan, 1.0])


def test_coverage_counts_only_candidates():
    candidates = np.array([True, True, True, True, False])
    assert coverage(np.array([[0, 1], [1, 4]]), candidates) == 0.5
    assert math.isnan(coverage(np.array([[0]]), np.zeros(1, bool)))


def test_gini_agrees_with_the_mean_difference_formula():
    shown = np.bincount(RANKED[RANKED >= 0], minlength=12)
    mean_difference = np.abs(shown[:, None] - shown).mean()
    assert gini(RANKED, np.ones(12, bool)) == pytest.approx(mean_difference / (2 * shown.mean()))


def test_gini_is_nan_where_nothing_is_shown():
    assert math.isnan(gini(np.array([[-1]]), np.ones(3, bool)))


def test_novelty_of_an_unseen_video_is_finite_and_the_highest():
    seen, unseen, empty = novelty(np.array([[0], [1], [-1]]), np.array([7.0, 0.0]), 7)
    assert (seen, unseen) == (0, 3)
    assert math.isnan(empty)
