from dataclasses import replace

import numpy as np
import pytest

from recsys.evaluation.toy import toy
from recsys.interactions import Profiles
from recsys.models.blend import CORES, DEFAULT, Blend
from recsys.models.factors import FactorsConfig
from recsys.models.hybrid import CoresConfig, fit_cores


@pytest.fixture(scope="module")
def profiles(platform):
    data = platform.data
    return Profiles.of(data.events.pairs(), data.videos, data.as_of, np.arange(0, 120, 4, dtype=np.int32))


def only(core):
    corners = np.zeros_like(DEFAULT.corners)
    corners[CORES.index(core)] = 1
    return Blend(corners)


@pytest.mark.parametrize("core", CORES)
def test_a_blend_of_one_core_ranks_as_the_core(contents, profiles, core):
    model = replace(contents.model, blend=only(core))
    alone, blended = getattr(model, core).score(profiles, contents.videos), model.score(profiles, contents.videos)
    for viewer in range(len(profiles)):
        told = np.isfinite(alone[viewer])
        if told.any():
            mine, its = blended[viewer, told], alone[viewer, told]
            assert (np.diff(mine[np.argsort(its, kind="stable")]) >= -1e-5 * np.abs(mine).max()).all()
            assert mine[its.argmax()] == mine.max()


def test_a_score_is_the_weighted_sum_of_the_cores_on_their_scales(contents, profiles):
    model = contents.model
    standard = model.standard_scores(profiles, contents.videos)
    weights = model.blend.weights(profiles.n_liked, model.counts)
    expected = np.zeros(standard.shape[1:])
    for core in range(len(CORES)):
        expected += weights[core] * np.where(np.isnan(standard[core]), 0, standard[core])
    np.testing.assert_allclose(model.score(profiles, contents.videos), expected, rtol=1e-3, atol=1e-5)


def test_a_core_spreads_by_1_for_the_median_viewer(platform):
    data = platform.data
    model = fit_cores(data, replace(platform.cores, reference=10_000))
    watched = np.flatnonzero(data.events.video_counts() > 0).astype(np.int32)
    everybody = Profiles.of(data.events.pairs(), data.videos, data.as_of)
    for standard in model.standard_scores(everybody, data.videos.take(watched)):
        spreads = np.nanstd(np.where(np.isnan(standard).all(1, keepdims=True), 0, standard), axis=1)
        assert np.median(spreads[spreads > 0]) == pytest.approx(1, abs=0.05)


def test_only_popularity_is_centred_and_its_middle_is_that_of_the_watched(contents):
    model = contents.model
    popularity = CORES.index("popularity")
    assert np.flatnonzero(model.offsets).tolist() == [popularity]
    watched = np.flatnonzero(model.counts > 0).astype(np.int32)
    middle = model.popularity.of(contents.videos.take(watched)).mean()
    assert model.offsets[popularity] == pytest.approx(middle, rel=0.1)


def test_nan_stands_only_where_no_core_can_tell(contents, profiles):
    standard = contents.model.standard_scores(profiles, contents.videos)
    scores = contents.model.score(profiles, contents.videos)
    np.testing.assert_array_equal(np.isnan(scores), np.isnan(standard).all(0))


def test_without_popularity_what_everybody_watches_says_nothing(contents, profiles):
    blind = replace(contents.model, blend=Blend(np.ones_like(DEFAULT.corners))).without_popularity()
    loud = replace(blind, popularity=replace(blind.popularity, popularity=blind.popularity.popularity[::-1].copy()))
    np.testing.assert_array_equal(blind.score(profiles, contents.videos), loud.score(profiles, contents.videos))


def test_the_source_is_the_core_that_says_most(contents, profiles):
    for viewer in (0, 7):
        one = profiles.take(np.array([viewer]))
        standard = np.nan_to_num(contents.model.standard_scores(one, contents.videos)[:, 0])
        weights = contents.model.blend.weights(one.n_liked, contents.model.counts)[:, 0]
        scores, sources = contents.model.score_of(one, contents.videos)
        np.testing.assert_array_equal(sources, (weights * standard).argmax(0))
        np.testing.assert_allclose(scores, contents.model.score(one, contents.videos)[0], rtol=1e-5)
    for core in CORES:
        model = replace(contents.model, blend=only(core))
        one = profiles.take(np.array([3]))
        best = np.nanargmax(model.score(one, contents.videos)[0])
        assert CORES[model.score_of(one, contents.videos.take(np.array([best])))[1][0]] == core


def test_only_cores_that_count_name_candidates(contents, profiles):
    one = profiles.take(np.array([0]))
    assert len(contents.model.without_popularity().core_scores(one, contents.videos)) < len(CORES)
    (scores,) = replace(contents.model, blend=only("content")).core_scores(one, contents.videos)
    np.testing.assert_array_equal(scores, contents.model.content.score(one, contents.videos)[0])


def test_the_sample_that_makes_the_scale_follows_the_seed(platform):
    one, again, other = (fit_cores(platform.data, replace(platform.cores, reference=30, seed=n)) for n in (0, 0, 1))
    np.testing.assert_array_equal(one.scales, again.scales)
    assert not np.allclose(one.scales, other.scales)


def test_a_core_that_cannot_tell_videos_apart_does_not_drown_the_others():
    likes = "; ".join(f"u{i}: " + " ".join(f"v{j}" for j in range(i % 2, 8, 2) if j != i) for i in range(8))
    data = toy(likes, "; ".join(f"v{j}: everything" for j in range(8)))
    model = fit_cores(data, CoresConfig(factors=FactorsConfig(factors=2)))
    profiles = Profiles.of(data.events.pairs(), data.videos, data.as_of)
    scores = model.score(profiles, data.videos)
    assert np.abs(scores).max() < 1000
    scores[data.events.matrix().toarray() > 0] = -np.inf
    assert scores.argmax(1).tolist() == list(range(8))
