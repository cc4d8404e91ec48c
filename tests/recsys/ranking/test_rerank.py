"""Re-ranking by hand, against slow second computations, and what must hold of any."""

import numpy as np
import pytest
from scipy import sparse

from recsys.errors import ConfigError, DataError
from recsys.evaluation import list_metrics
from recsys.ranking.rerank import SMOOTHING, calibrate, dpp, mmr, similarities, tag_mix

N_TAGS = 7
MIX = np.array([0.4, 0.0, 0.1, 0.2, 0.0, 0.3, 0.0])


def by_mix(scores, tags, n, strength):
    return calibrate(scores, tags, MIX, n, strength)


METHODS = pytest.mark.parametrize("method", [mmr, dpp, by_mix], ids=["mmr", "dpp", "calibrate"])


def drawn(seed, n=14):
    """Candidates best first; some without tags, some alike."""
    rng = np.random.default_rng(seed)
    tags = sparse.random_array((n, N_TAGS), density=0.35, rng=rng).toarray()
    tags[rng.integers(n, size=3)] = tags[0]
    tags[rng.integers(n)] = 0
    return np.sort(rng.normal(size=n))[::-1], sparse.csr_array(tags)


def scaled(scores):
    return (scores - scores.min()) / (scores.max() - scores.min())


def slow_greedy(value, n_candidates, n):
    """Pick by the value of the whole list, the first of equal ones."""
    listed = []
    for _ in range(n):
        left = [one for one in range(n_candidates) if one not in listed]
        values = np.round([value([*listed, one]) for one in left], 9)
        listed.append(left[int(np.argmax(values))])
    return listed


def cosine(one, other):
    length = np.linalg.norm(one) * np.linalg.norm(other)
    return one @ other / length if length else 0.0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("strength", [0.1, 0.5, 1.0])
def test_mmr_is_the_slow_one(seed, strength):
    scores, tags = drawn(seed)
    vectors, relevance = tags.toarray(), scaled(scores)

    def value(listed):
        *above, last = listed
        nearest = max((cosine(vectors[last], vectors[one]) for one in above), default=0.0)
        return (1 - strength) * relevance[last] - strength * nearest

    assert mmr(scores, tags, 8, strength).tolist() == slow_greedy(value, len(scores), 8)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("strength", [0.2, 0.5, 0.9])
def test_dpp_maximises_the_determinant_of_its_kernel_greedily(seed, strength):
    scores, tags = drawn(seed)
    quality = np.exp(scaled(scores) * (1 - strength) / (2 * strength))
    alike = similarities(tags)
    kernel = quality[:, None] * alike * quality

    def value(listed):
        sign, log = np.linalg.slogdet(kernel[np.ix_(listed, listed)])
        return log if sign > 0 and log > -15 else -1e9

    n = np.linalg.matrix_rank(alike, tol=1e-6) - 1  # beyond it every determinant is 0
    assert dpp(scores, tags, n, strength).tolist() == slow_greedy(value, len(scores), n)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("strength", [0.3, 0.8, 1.0])
def test_calibration_lowers_the_divergence_that_evaluation_measures(seed, strength):
    scores, tags = drawn(seed)
    relevance = scaled(scores)
    past = sparse.csr_array(np.vstack([np.diag(MIX)[MIX > 0], tags.toarray()]))  # videos of one tag each make the mix
    history = sparse.csr_array([[*MIX[MIX > 0], *np.zeros(len(scores))]])

    def value(listed):
        ranked = np.array([listed]) + (MIX > 0).sum()
        divergence = list_metrics.calibration(ranked, past, history)[0]
        wanted = MIX[MIX > 0]
        worst = -np.log(SMOOTHING) * wanted.sum()  # of a list without any tag
        return (1 - strength) * relevance[listed].sum() - strength * (worst if np.isnan(divergence) else divergence)

    assert calibrate(scores, tags, MIX, 6, strength).tolist() == slow_greedy(value, len(scores), 6)


def test_the_smoothing_is_that_of_evaluation():
    assert SMOOTHING == list_metrics.SMOOTHING


@METHODS
@pytest.mark.parametrize("seed", range(5))
def test_strength_0_is_the_input_exactly(method, seed):
    scores, tags = drawn(seed)
    assert method(scores, tags, 9, 0).tolist() == list(range(9))


@METHODS
@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_a_list_has_no_video_twice_and_a_shorter_one_is_its_beginning(method, strength):
    scores, tags = drawn(3)
    whole = method(scores, tags, 99, strength)
    assert sorted(whole.tolist()) == list(range(len(scores)))
    assert method(scores, tags, 4, strength).tolist() == whole[:4].tolist()
    assert whole.dtype == np.int32


@METHODS
def test_a_scale_of_scores_changes_nothing_and_inputs_stay(method):
    scores, tags = drawn(5)
    before = scores.copy(), tags.toarray()
    assert method(scores, tags, 9, 0.5).tolist() == method(100 * scores - 7, tags, 9, 0.5).tolist()
    assert (scores == before[0]).all()
    assert (tags.toarray() == before[1]).all()


@METHODS
def test_without_candidates_or_places_the_list_is_empty(method):
    none = sparse.csr_array((0, N_TAGS))
    assert method(np.empty(0), none, 5, 0.5).tolist() == []
    scores, tags = drawn(1)
    assert method(scores, tags, 0, 0.5).tolist() == []


@METHODS
def test_videos_all_alike_or_all_without_tags_stay_in_order(method):
    scores = np.arange(5.0)[::-1]
    for tags in (sparse.csr_array((5, N_TAGS)), sparse.csr_array(np.ones((5, N_TAGS)))):
        assert method(scores, tags, 5, 0.9).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("method", [mmr, dpp])
def test_more_strength_is_more_diversity(method):
    found = []
    for strength in (0, 0.3, 0.7, 1):
        lists = [(method(*drawn(seed, 40), 6, strength), drawn(seed, 40)[1]) for seed in range(30)]
        found.append(np.mean([list_metrics.diversity(order[None], tags)[0] for order, tags in lists]))
    assert found == sorted(found)
    assert found[-1] > found[0] + 0.1


@METHODS
@pytest.mark.parametrize("scores, error", [
    ([1, 2, 3], "best first"), ([1, np.nan, 0], "finite"), ([3, 2], "2 scores, but tags of 3"),
])  # fmt: skip
def test_candidates_that_cannot_be_are_refused(method, scores, error):
    with pytest.raises(DataError, match=error):
        method(np.array(scores, float), sparse.csr_array((3, N_TAGS)), 2, 0.5)


@METHODS
@pytest.mark.parametrize("option", [{"strength": 1.1, "n": 2}, {"strength": -0.1, "n": 2}, {"strength": 0.5, "n": -1}])
def test_options_out_of_range_are_refused(method, option):
    with pytest.raises(ConfigError):
        method(np.array([2.0, 1.0]), sparse.csr_array((2, N_TAGS)), **option)


def test_too_many_candidates_are_refused():
    with pytest.raises(DataError, match="at most 5000"):
        mmr(np.zeros(5001), sparse.csr_array((5001, N_TAGS)), 2, 0.5)


def test_a_mix_counts_only_what_was_liked():
    tags = sparse.csr_array([[1.0, 1.0], [0.0, 3.0], [1.0, 0.0]])
    assert tag_mix(tags, np.array([2.0, 1.0, -5.0])).tolist() == pytest.approx([1 / 3, 2 / 3])
    assert tag_mix(tags, np.array([-1.0, 0.0, 0.0])).tolist() == [0, 0]


def test_no_mix_leaves_the_order():
    scores, tags = drawn(2)
    assert calibrate(scores, tags, np.zeros(N_TAGS), 5, 0.9).tolist() == [0, 1, 2, 3, 4]
