import numpy as np
import pytest

from recsys.errors import DataError
from recsys.evaluation import significance
from recsys.evaluation.significance import Verdict, intervals, paired_test


def test_intervals_cover_the_true_mean_about_as_often_as_they_say():
    """Binomial(500, 0.95) stays within 454 to 492 but once in 10,000; percentile intervals fall a bit short."""
    rng = np.random.default_rng(11)
    samples = rng.exponential(2.0, (80, 500))  # 500 experiments of 80 viewers, skewed, mean 2
    low, high = intervals(samples, seed=1, n_resamples=400).T
    assert 448 <= ((low <= 2) & (high >= 2)).sum() <= 492


def test_interval_is_as_wide_as_the_standard_error_says():
    values = np.random.default_rng(2).normal(0, 1, (400, 1))
    low, high = intervals(values, n_resamples=4000)[0]
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.05)


def test_nan_viewers_are_left_out():
    values = np.random.default_rng(3).random(300)
    holed = np.concatenate([values, np.full(700, np.nan)])
    low, high = intervals(holed[:, None], n_resamples=4000)[0]
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 300**0.5, rel=0.08)
    assert low < values.mean() < high


def test_same_seed_same_interval_whatever_the_chunks(monkeypatch):
    values = np.random.default_rng(4).random((50, 3))
    whole = intervals(values, seed=9, n_resamples=200)
    monkeypatch.setattr(significance, "CHUNK", 50 * 7)
    np.testing.assert_allclose(intervals(values, seed=9, n_resamples=200), whole)
    assert not np.array_equal(intervals(values, seed=8, n_resamples=200), whole)


def test_no_viewers_give_no_interval():
    assert np.isnan(intervals(np.empty((0, 2)))).all()


def test_every_column_sees_the_same_viewers():
    values = np.random.default_rng(5).random((40, 1))
    low, high = intervals(np.hstack([values, values + 1]))
    np.testing.assert_allclose(high - low, [1, 1])


def test_a_small_steady_difference_is_better_and_its_reverse_worse():
    rng = np.random.default_rng(6)
    base = rng.random(500)
    raised = base + 0.02 + rng.normal(0, 0.05, 500)
    ahead, behind = paired_test(raised, base), paired_test(base, raised)
    assert (ahead.verdict, behind.verdict) == (Verdict.BETTER, Verdict.WORSE)
    assert ahead.low < ahead.difference < ahead.high
    assert ahead.p == behind.p < 0.01


def test_equal_methods_are_called_different_about_as_rarely_as_promised():
    rng = np.random.default_rng(7)
    verdicts = [paired_test(rng.random(60), rng.random(60), n_resamples=300).verdict for _ in range(200)]
    assert 0 < sum(verdict != Verdict.TIE for verdict in verdicts) <= 22  # 10 expected of 200


def test_p_is_exact_on_three_viewers():
    """Of the 8 sign patterns of (1, 1, 1) two are as extreme: p = 1/4, a tie however large the difference."""
    result = paired_test(np.full(3, 5.0), np.full(3, 4.0), n_resamples=20_000)
    assert result.p == pytest.approx(0.25, abs=0.02)
    assert result.verdict == Verdict.TIE


def test_only_viewers_with_both_values_count():
    result = paired_test(np.array([1.0, np.nan, 1.0]), np.array([0.0, 0.0, np.nan]))
    assert result.n_viewers == 1
    assert paired_test(np.array([np.nan]), np.array([1.0])).verdict == Verdict.TIE


@pytest.mark.parametrize(("change", "rule"), [({"n_resamples": 0}, "n_resamples is 0"), ({"level": 1.0}, "level is 1")])
def test_a_bad_setting_is_named(change, rule):
    with pytest.raises(DataError, match=rule):
        intervals(np.ones((2, 1)), **change)


def test_different_viewers_are_refused():
    with pytest.raises(DataError, match="same viewers"):
        paired_test(np.ones(3), np.ones(2))


def test_sign_flip_agrees_with_going_through_all_patterns():
    differences = np.array([[0.5, -1.0], [1.5, 2.0], [0.25, 0.5], [2.0, -0.25], [1.0, 1.0]])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 5)).reshape(5, -1).T  # (32, 5)
    exact = (np.abs(signs @ differences) >= np.abs(differences.sum(0)) - 1e-12).mean(0)
    np.testing.assert_allclose(significance.sign_flip(differences, n_resamples=50_000), exact, atol=0.01)
