import math

import numpy as np
import pytest
from scipy import sparse

from recsys.evaluation.metrics import (
    ACCURACY,
    average_precision,
    hit_rate,
    hits,
    mrr,
    ndcg,
    precision,
    recall,
    top_k,
)


def csr(rows):
    return sparse.csr_array(np.array(rows, np.float32))


def slow_metric(name, ranked, positives):
    """One viewer, by the book, with Python loops."""
    k, n = len(ranked), len(positives)
    if not n:
        return math.nan
    places = [place for place, video in enumerate(ranked, start=1) if video in positives]
    if name == "recall":
        return len(places) / n
    if name == "precision":
        return len(places) / k
    if name == "hit_rate":
        return float(bool(places))
    if name == "mrr":
        return 1 / places[0] if places else 0.0
    if name == "map":
        return sum((i + 1) / place for i, place in enumerate(places)) / min(k, n)
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(k, n) + 1))
    return sum(1 / math.log2(place + 1) for place in places) / ideal


def slow_top_k(scores, k, excluded, candidates, positives):
    order = sorted(
        (v for v in range(len(scores)) if not math.isnan(scores[v]) and v not in excluded and candidates[v]),
        key=lambda v: (-scores[v], v in positives, v),
    )
    return (order + [-1] * k)[:k]


@pytest.mark.parametrize("name", list(ACCURACY))
def test_agrees_with_a_slow_second_implementation(name):
    rng = np.random.default_rng(7)
    truth = csr(rng.random((40, 12)) < 0.2)
    ranked = np.array([rng.permutation(12)[:5] for _ in range(40)], np.int32)
    ranked[rng.random((40, 5)) < 0.2] = -1
    slow = [slow_metric(name, ranked[u], set(truth[[u]].indices.tolist())) for u in range(40)]
    np.testing.assert_allclose(ACCURACY[name](ranked, truth), slow, rtol=1e-12)


def test_by_hand_two_hits_of_three_positives_at_places_one_and_three():
    ranked, truth = np.array([[4, 0, 2, 1]]), csr([[0, 0, 1, 1, 1]])
    assert recall(ranked, truth)[0] == pytest.approx(2 / 3)
    assert precision(ranked, truth)[0] == pytest.approx(2 / 4)
    assert mrr(ranked, truth)[0] == 1
    assert average_precision(ranked, truth)[0] == pytest.approx((1 + 2 / 3) / 3)
    assert ndcg(ranked, truth)[0] == pytest.approx((1 + 1 / 2) / (1 + 1 / math.log2(3) + 1 / 2))
    assert hit_rate(ranked, truth)[0] == 1


@pytest.mark.parametrize("name", list(ACCURACY))
def test_viewer_without_positives_is_nan_and_an_empty_list_is_zero(name):
    values = ACCURACY[name](np.array([[0, 1], [-1, -1]]), csr([[0, 0], [1, 0]]))
    assert np.isnan(values[0])
    assert values[1] == 0


@pytest.mark.parametrize("name", ["recall", "ndcg", "map", "hit_rate", "mrr"])
def test_perfect_list_scores_one(name):
    assert ACCURACY[name](np.array([[2, 0, 1]]), csr([[1, 0, 1]]))[0] == 1


def test_recall_counts_all_positives_even_more_than_k():
    assert recall(np.array([[0]]), csr([[1, 1, 1, 1]]))[0] == 0.25


def test_padding_is_not_the_last_video_of_the_viewer_before():
    assert not hits(np.array([[0, 1], [-1, -1]]), csr([[0, 0, 1], [0, 0, 0]])).any()


def test_top_k_agrees_with_a_slow_second_implementation():
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 4, (60, 9)).astype(np.float32)  # many ties
    scores[rng.random(scores.shape) < 0.2] = np.nan
    exclude, truth = csr(rng.random((60, 9)) < 0.2), csr(rng.random((60, 9)) < 0.3)
    candidates = rng.random(9) < 0.8
    for k in (1, 3, 9, 12):
        fast = top_k(scores, k, exclude, candidates, truth)
        slow = [
            slow_top_k(scores[u], k, exclude[[u]].indices, candidates, truth[[u]].indices.tolist()) for u in range(60)
        ]
        np.testing.assert_array_equal(fast, slow)


def test_ties_are_pessimistic():
    same = np.zeros((1, 50), np.float32)
    truth = csr([[1] * 5 + [0] * 45])
    assert recall(top_k(same, 45, truth=truth), truth)[0] == 0
    assert recall(top_k(same, 46, truth=truth), truth)[0] == pytest.approx(0.2)


def test_pessimism_does_not_drop_a_positive_below_the_next_lower_score():
    score = np.float32(1)
    below = np.nextafter(score, np.float32(0))
    assert top_k(np.array([[below, score]]), 2, truth=csr([[0, 1]])).tolist() == [[1, 0]]


def test_a_nan_is_never_recommended_even_if_the_list_stays_short():
    assert top_k(np.array([[np.nan, 0.3, np.nan]]), 3).tolist() == [[1, -1, -1]]
    assert top_k(np.full((2, 3), np.nan), 2).tolist() == [[-1, -1], [-1, -1]]


def test_fewer_candidates_than_k_pad_the_list():
    assert top_k(np.ones((1, 4)), 3, candidates=np.array([False, True, False, False])).tolist() == [[1, -1, -1]]


def test_no_viewers_and_no_videos_give_empty_lists():
    assert top_k(np.empty((0, 5)), 3).shape == (0, 3)
    assert top_k(np.empty((2, 0)), 3).tolist() == [[-1] * 3] * 2


def test_top_k_leaves_its_inputs_alone():
    scores = np.array([[1.0, np.nan, 2.0]])
    before = scores.copy()
    top_k(scores, 2, csr([[1, 0, 0]]), np.array([True, True, False]), csr([[0, 0, 1]]))
    np.testing.assert_array_equal(scores, before)
