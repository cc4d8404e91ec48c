from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.codec import write_object
from recsys.errors import ConfigError
from recsys.interactions import Profiles, Videos
from recsys.models.factors import FactorsConfig, factorise, fit_factors
from recsys.models.recency import Recency

CONFIG = FactorsConfig(
    factors=5, members=1, tag_weight=5.0, iterations=5, alpha=4.0, reg=0.2, map_ridge=0.7, stated=1.5
)


def dense_solve(model, config, warm, vectors, confidence):
    """(Y'CY + reg·I) x = Y'Cp written out: c = 1 everywhere, |c| where something is known, p = 1 where c > 0."""
    y = model.video_factors[warm].astype(float)
    left = y.T @ y + config.reg * np.eye(config.factors)
    right = np.zeros(config.factors)
    for v, c in zip(vectors.astype(float), confidence, strict=True):
        left += max(abs(c) - 1, 0) * np.outer(v, v)  # never below the confidence 1 that everything has
        right += max(c, 0) * v
    return np.linalg.solve(left, right)


def warm_of(data):
    return np.flatnonzero(data.events.matrix().maximum(0).sum(0) > 0)


def test_a_viewers_vector_is_the_dense_solution_of_hu_koren_and_volinsky(random_data):
    data = random_data(n_events=50)
    model = fit_factors(data, CONFIG)
    profiles = Profiles.of(data.events.pairs(), data.videos, data.as_of)
    weights = profiles.weights.copy()
    weights[::5] = -1.3  # confident dislikes
    weights[1::5] = 0.05  # less confidence than everything has
    profiles = replace(profiles, weights=weights)
    found = model.viewer_vectors(profiles)
    for viewer in range(len(profiles)):
        span = slice(profiles.indptr[viewer], profiles.indptr[viewer + 1])
        vectors = model.video_factors[profiles.index[span]]
        expected = dense_solve(model, CONFIG, warm_of(data), vectors, 4.0 * weights[span])
        np.testing.assert_allclose(found[viewer], expected, rtol=2e-3, atol=1e-5)


def test_stated_tags_are_evidence_by_the_vectors_they_map_to(random_data):
    data = random_data()
    model = fit_factors(data, CONFIG)
    stated = sparse.csr_array(np.array([[0, 1.0, 0, -2.0]], np.float32))
    nobody = Profiles(
        data.videos, np.array([0, 0]), np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.float32), stated
    )
    confidence = 4.0 * 1.5 * np.array([1.0, -2.0])
    expected = dense_solve(model, CONFIG, warm_of(data), model.tag_map[[1, 3]], confidence)
    np.testing.assert_allclose(model.viewer_vectors(nobody)[0], expected, rtol=2e-3, atol=1e-5)
    parts = model.explain(nobody, data.videos).tags.toarray()
    assert not parts[:, [0, 2]].any()
    assert not parts[:, 3].any()  # a muted tag pulls towards zero through the matrix, never by a part of its own
    assert parts[:7, 1].all()


def test_only_dislikes_are_no_evidence_to_rank_by(random_data):
    data = random_data()
    profiles = Profiles.of(data.events.pairs(), data.videos, data.as_of)
    scores = fit_factors(data, CONFIG).score(replace(profiles, weights=-np.abs(profiles.weights)), data.videos)
    assert np.isnan(scores).all()


def test_a_dislike_pulls_the_score_of_its_video_towards_zero(random_data):
    data = random_data()
    model = fit_factors(data, CONFIG)
    one = Profiles(
        data.videos, np.array([0, 2]), np.array([0, 1], np.int32), np.array([1, -0.01], np.float32),
        np.zeros(2, np.float32), sparse.csr_array((1, 4), dtype=np.float32),
    )  # fmt: skip
    mild, strong = (
        model.score(replace(one, weights=np.array([1, weight], np.float32)), data.videos)[0, 1]
        for weight in (-0.01, -30)
    )
    assert abs(strong) < 0.5 * abs(mild)


def test_a_new_videos_vector_is_the_sum_of_what_its_tags_map_to(random_data):
    data = random_data()
    model = fit_factors(data, CONFIG)
    tags = np.array([[0.5, 0, 2, 0], [0, 0, 0, 0]], np.float32)
    vectors = model.vectors(Videos(np.array([-1, -1], np.int32), sparse.csr_array(tags)))
    np.testing.assert_allclose(vectors[0], 0.5 * model.tag_map[0] + 2 * model.tag_map[2], rtol=1e-5)
    assert np.isnan(vectors[1]).all()


def test_the_map_from_tags_is_the_ridge_solution_over_the_watched(random_data):
    data = random_data()
    model = fit_factors(data, CONFIG)
    warm = warm_of(data)
    a, y = data.tags.toarray()[warm].astype(float), model.video_factors[warm].astype(float)
    np.testing.assert_allclose(model.tag_map, np.linalg.solve(a.T @ a + 0.7 * np.eye(4), a.T @ y), atol=1e-4)


def test_a_video_without_events_stands_between_its_own_vector_and_its_tags(random_data):
    data = random_data()
    only_map, half, only_own = (fit_factors(data, replace(CONFIG, new_share=one)) for one in (0.0, 0.5, 1.0))
    cold, bare = 7, 8
    np.testing.assert_allclose(only_map.video_factors[cold], data.tags.toarray()[cold] @ only_map.tag_map, rtol=1e-4)
    middle = (only_map.video_factors[cold] + only_own.video_factors[cold]) / 2
    np.testing.assert_allclose(half.video_factors[cold], middle, rtol=1e-4, atol=1e-7)
    assert np.isnan(half.video_factors[bare]).all()
    untagged = fit_factors(data, replace(CONFIG, tag_weight=0))
    np.testing.assert_allclose(untagged.video_factors[cold], data.tags.toarray()[cold] @ untagged.tag_map, rtol=1e-4)


def test_more_iterations_explain_the_viewing_better(random_data):
    data = random_data(30, 20, n_events=200)
    liked = data.events.matrix().maximum(0).toarray()[:, :20]
    profiles = Profiles.of(data.events.pairs(), data.videos, data.as_of)

    def loss(iterations):
        model = fit_factors(data, replace(CONFIG, iterations=iterations, tag_weight=0))
        wrong = (liked > 0) - np.nan_to_num(model.score(profiles, data.videos)[:, :20])
        return ((1 + (4.0 * liked - 1) * (liked > 0)) * wrong**2).sum()

    assert loss(12) < loss(1)


def test_the_number_of_threads_changes_no_byte(random_data, tmp_path):
    data = random_data(60, 40, n_events=500)
    for name, threads in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        write_object(tmp_path / name, fit_factors(data, replace(CONFIG, threads=threads)))
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_members_are_averaged_and_each_starts_elsewhere(random_data):
    data = random_data()
    profiles = Profiles.of(data.events.pairs(), data.videos, data.as_of)
    both = fit_factors(data, replace(CONFIG, members=2))
    first, second = (
        replace(
            both, video_factors=np.hsplit(both.video_factors, 2)[at], tag_map=np.hsplit(both.tag_map, 2)[at],
            grams=both.grams[[at]], inverses=both.inverses[[at]],
        )
        for at in (0, 1)
    )  # fmt: skip
    alone = [one.score(profiles, data.videos) for one in (first, second)]
    assert not np.allclose(*alone, equal_nan=True)
    np.testing.assert_allclose(both.score(profiles, data.videos), np.mean(alone, axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(first.video_factors, fit_factors(data, CONFIG).video_factors)


def test_another_seed_starts_elsewhere(random_data):
    data = random_data()
    one, other = (fit_factors(data, replace(CONFIG, seed=seed)).video_factors[:7] for seed in (0, 1))
    assert not np.allclose(one, other)


def test_old_events_fade_out_of_the_viewers_vector(random_data):
    data = random_data()
    model = replace(fit_factors(data, CONFIG), recency=Recency(half_life_days=1))
    past = Profiles(
        data.videos, np.array([0, 2]), np.array([0, 1], np.int32), np.ones(2, np.float32),
        np.array([0, 40], np.float32), sparse.csr_array((1, 4), dtype=np.float32),
    )  # fmt: skip
    alone = replace(past, indptr=np.array([0, 1]), index=past.index[:1], weights=past.weights[:1])
    alone = replace(alone, ages_days=past.ages_days[:1])
    np.testing.assert_allclose(model.viewer_vectors(past), model.viewer_vectors(alone), rtol=1e-5)


@pytest.mark.parametrize(
    "bad",
    [{"factors": 0}, {"members": 0}, {"reg": -1.0}, {"alpha": 0.0}, {"iterations": 0}, {"map_ridge": 0.0},
     {"tag_weight": -1.0}, {"stated": -0.5}, {"threads": -1}],
)  # fmt: skip
def test_a_bad_setting_is_named(bad):
    ((name, value),) = bad.items()
    with pytest.raises(ConfigError, match=rf"factors\.{name} is {value}"):
        FactorsConfig(**bad)


def test_a_factorisation_done_before_makes_the_same_model_and_stays_as_it_is(platform):
    config = FactorsConfig(factors=8, iterations=2, threads=1)
    done = factorise(platform.data, config)
    before = done.copy()
    for share in (0.0, 0.6):
        trial = replace(config, new_share=share)
        one, other = fit_factors(platform.data, trial, done), fit_factors(platform.data, trial)
        np.testing.assert_array_equal(one.video_factors, other.video_factors)
        np.testing.assert_array_equal(one.tag_map, other.tag_map)
    np.testing.assert_array_equal(done, before)
