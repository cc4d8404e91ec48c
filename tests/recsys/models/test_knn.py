from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.codec import read_object, write_object
from recsys.errors import ConfigError, DataError
from recsys.evaluation.toy import toy
from recsys.interactions import Profiles, Videos
from recsys.models.knn import KNNConfig, KNNModel, fit_knn
from recsys.models.recency import Recency

TASTES = toy(
    "; ".join(f"u{i}: " + " ".join(f"v{j}" for j in range(i % 2, 8, 2) if j != i) for i in range(8)),
    "; ".join(f"v{j}: {'even' if j % 2 == 0 else 'odd'}" for j in range(8)) + "; new_even: even; new_odd: odd; bare:",
)
ROW = {TASTES.events.videos[row]: row for row in range(len(TASTES.events.videos))}


def profiles_of(data, videos=None):
    return Profiles.of(data.events.pairs(), videos or data.videos, data.as_of)


def plain(**more):
    return KNNConfig(**({"shrinkage": 0.0, "weighting": "none"} | more))


@pytest.mark.parametrize("weighting", ["none", "tfidf", "bm25"])
def test_finds_each_viewers_held_out_video(weighting):
    scores = fit_knn(TASTES, KNNConfig(weighting=weighting)).score(profiles_of(TASTES), TASTES.videos)
    seen = TASTES.events.matrix().toarray() > 0
    scores[seen] = -1
    for viewer in range(8):
        assert np.nanargmax(scores[viewer]) == ROW[f"v{viewer}"]


def untied(seed=2):
    """The tastes with other weights, so that no two videos are equally alike."""
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.5, 2, len(TASTES.events)).astype(np.float32)
    tags = sparse.random_array(TASTES.tags.shape, density=0.7, format="csr", dtype=np.float32, rng=rng)
    return replace(TASTES, events=replace(TASTES.events, weight=weight), tags=tags)


@pytest.mark.parametrize("config", [plain(), plain(shrinkage=0.5, tag_weight=0.7), plain(neighbours=2, tag_weight=1)])
def test_agrees_with_a_slow_second_implementation(config):
    data = untied()
    plays = data.events.matrix().toarray()
    lengths = np.linalg.norm(plays, axis=0)
    scale = np.sqrt((lengths[lengths > 0] ** 2).mean())
    vectors = np.vstack([plays / scale, config.tag_weight * data.tags.toarray().T]).T
    expected = np.full((8, len(vectors)), np.nan)
    for j, wanted in enumerate(vectors):
        alike = {}
        for h, other in enumerate(vectors):
            if h != j and wanted @ other > 0:
                product = np.linalg.norm(wanted) * np.linalg.norm(other)
                alike[h] = wanted @ other / (product + config.shrinkage)
        nearest = sorted(alike, key=alike.get)[-config.neighbours :]
        if nearest:
            expected[:, j] = sum(alike[h] * plays[:, h] for h in nearest)
    np.testing.assert_allclose(fit_knn(data, config).score(profiles_of(data), data.videos), expected, rtol=1e-5)


def test_without_tags_a_cold_video_is_nan_and_with_tags_it_follows_them():
    alone = fit_knn(TASTES).score(profiles_of(TASTES), TASTES.videos)
    assert np.isnan(alone[:, [ROW["new_even"], ROW["new_odd"], ROW["bare"]]]).all()
    tagged = fit_knn(TASTES, KNNConfig(tag_weight=1)).score(profiles_of(TASTES), TASTES.videos)
    assert (tagged[::2, ROW["new_even"]] > tagged[::2, ROW["new_odd"]]).all()
    assert (tagged[1::2, ROW["new_even"]] < tagged[1::2, ROW["new_odd"]]).all()
    assert np.isnan(tagged[:, ROW["bare"]]).all()


def test_a_video_newer_than_the_model_scores_as_a_cold_one_of_the_same_tags():
    model = fit_knn(TASTES, KNNConfig(tag_weight=0.5))
    cold = [ROW["new_odd"], ROW["v1"], ROW["new_even"]]
    newer = Videos(np.array([-1, ROW["v1"], -1], np.int32), TASTES.tags[cold])
    np.testing.assert_allclose(
        model.score(profiles_of(TASTES), newer), model.score(profiles_of(TASTES), TASTES.videos.take(np.array(cold)))
    )
    untagged = fit_knn(TASTES).score(profiles_of(TASTES), newer)
    assert np.isnan(untagged[:, [0, 2]]).all()
    assert np.isfinite(untagged[:, 1]).all()


def test_a_viewer_without_a_known_past_video_is_nan_and_unknown_ones_are_ignored():
    model, pairs = fit_knn(TASTES), TASTES.events.pairs()
    nobody = Profiles.of(pairs.where(pairs.viewer > 0), TASTES.videos, TASTES.as_of)
    assert np.isnan(model.score(nobody, TASTES.videos)).all(1).tolist() == [True] + [False] * 7
    profile = profiles_of(TASTES).take(np.array([0]))
    rows = profile.videos.rows.copy()
    rows[profile.index[0]] = -1
    partly = replace(profile, videos=replace(profile.videos, rows=rows))
    without = replace(profile, indptr=np.array([0, 2]), index=profile.index[1:], weights=profile.weights[1:])
    without = replace(without, ages_days=profile.ages_days[1:])
    np.testing.assert_array_equal(model.score(partly, TASTES.videos), model.score(without, TASTES.videos))


@pytest.mark.parametrize("recency", [Recency(), Recency(half_life_days=2, tau_steps=3)])
def test_reasons_sum_to_the_score_and_batch_equals_single(recency):
    model = fit_knn(TASTES, KNNConfig(tag_weight=0.5, recency=recency))
    every = Videos(np.append(TASTES.videos.rows, -1).astype(np.int32), sparse.vstack([TASTES.tags, TASTES.tags[[1]]]))
    every = replace(every, tags=sparse.csr_array(every.tags))
    profiles = profiles_of(TASTES)
    batch = model.score(profiles, every)
    for viewer in range(len(profiles)):
        one = profiles.take(np.array([viewer]))
        np.testing.assert_allclose(model.score(one, every)[0], batch[viewer], rtol=1e-6)
        parts = model.explain(one, every)
        np.testing.assert_allclose(parts.total(), np.nan_to_num(batch[viewer]), atol=1e-5)
        assert parts.history.shape == (len(every), len(one.index))
        assert not parts.history[np.isnan(batch[viewer])].any()


def test_a_disliked_past_video_speaks_against_its_neighbours():
    data = toy("ann: a b; bob: a b; cat: -a")
    scores = fit_knn(data, plain()).score(profiles_of(data), data.videos)
    assert scores[2, 1] < 0


def test_same_data_same_model_and_the_data_stay_untouched():
    before = TASTES.tags.toarray(), TASTES.events.weight.copy()
    first, second = (fit_knn(TASTES, KNNConfig(tag_weight=1)) for _ in range(2))
    np.testing.assert_array_equal(first.similarity.toarray(), second.similarity.toarray())
    np.testing.assert_array_equal(TASTES.tags.toarray(), before[0])
    np.testing.assert_array_equal(TASTES.events.weight, before[1])


@pytest.mark.parametrize("bad", [{"neighbours": 0}, {"shrinkage": -1.0}, {"tag_weight": -0.1}, {"weighting": "idf"}])
def test_a_bad_setting_is_named(bad):
    ((name, value),) = bad.items()
    with pytest.raises(ConfigError, match=rf"knn\.{name} is {value!r}"):
        KNNConfig(**bad)


def test_without_a_positive_event_there_is_nothing_to_fit():
    with pytest.raises(DataError, match="positive weight"):
        fit_knn(toy("ann: -a -b"))


def test_a_saved_model_scores_the_same(tmp_path):
    model = fit_knn(TASTES, KNNConfig(tag_weight=0.5))
    again = read_object(tmp_path, write_object(tmp_path, model), KNNModel)
    np.testing.assert_array_equal(
        again.score(profiles_of(TASTES), TASTES.videos), model.score(profiles_of(TASTES), TASTES.videos)
    )
    assert again.config == model.config
