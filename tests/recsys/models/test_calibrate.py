from dataclasses import replace

import numpy as np
import pytest

from recsys.errors import ConfigError, DataError
from recsys.evaluation.toy import toy
from recsys.models.blend import CORES, DEFAULT
from recsys.models.calibrate import CalibrateConfig, HybridConfig, calibrate, fit_hybrid
from recsys.models.factors import FactorsConfig
from recsys.models.hybrid import CoresConfig, fit_cores
from recsys.models.pseudo_cold import rehearse
from recsys.models.search import ndcg


@pytest.fixture(scope="module")
def config(platform):
    return HybridConfig(platform.cores, CalibrateConfig(viewers=100, depth=40, hidden_videos=0.2, tune=False))


@pytest.fixture(scope="module")
def found(platform, config):
    return calibrate(platform.data, config)


def rehearsed_ndcg(data, config, cores, blend):
    """Mean NDCG@20 over whole, short and stated profiles, and over lists of all, known and new videos."""
    chosen = config.calibrate
    rehearsal = rehearse(data, chosen.hidden_videos, chosen.held_out, chosen.seed)
    model = fit_cores(rehearsal.train, cores, blend)
    kept, values = rehearsal.profiles(rehearsal.viewers), []
    had = kept.history(np.ones(len(kept.index), np.float32)).toarray() > 0
    truth = rehearsal.truth[rehearsal.viewers].toarray() > 0
    for k, n_tags in ((None, 0), (1, 0), (2, 0), (5, 0), (0, 5)):
        scores = model.score(rehearsal.profiles(rehearsal.viewers, k, n_tags), data.videos)
        for shown in (rehearsal.cold | rehearsal.known, rehearsal.known, rehearsal.cold):
            ranked = np.where(shown & ~had, np.nan_to_num(scores, nan=-np.inf), -np.inf)
            values.append(ndcg(ranked, truth & shown))
    return float(np.mean(values))


def test_what_is_calibrated_beats_the_default_on_the_rehearsal(platform, config, found):
    calibrated = rehearsed_ndcg(platform.data, config, found.cores, found.blend)
    default = rehearsed_ndcg(platform.data, config, config.cores, DEFAULT)
    assert calibrated > default


def test_a_calibrated_blend_is_not_negative_and_its_largest_weight_is_1(found):
    blend = found.blend
    assert (blend.corners >= 0).all()
    assert blend.corners.max() == pytest.approx(1)
    assert blend.corners.shape == DEFAULT.corners.shape


def test_the_same_data_and_seed_calibrate_the_same(platform, config, found):
    again = calibrate(platform.data, config)
    np.testing.assert_array_equal(again.blend.corners, found.blend.corners)
    assert again.cores == found.cores


def test_the_fitted_hybrid_has_the_calibrated_blend_and_has_seen_everything(platform, config, found):
    model = fit_hybrid(platform.data, config)
    np.testing.assert_array_equal(model.blend.corners, found.blend.corners)
    whole = fit_cores(platform.data, config.cores)
    np.testing.assert_array_equal(model.counts, whole.counts)
    np.testing.assert_array_equal(model.item_item.weights, whole.item_item.weights)


def test_with_few_viewers_the_default_stands():
    data = toy("; ".join(f"u{i}: a b c d" for i in range(6)), "a: x; b: x; c: y; d: y")
    config = HybridConfig(CoresConfig(factors=FactorsConfig(factors=2)))
    found = calibrate(data, config)
    assert found.blend is DEFAULT
    assert found.cores == config.cores
    assert found.choices == ()


def test_enough_viewers_are_those_with_something_to_find_and_to_go_by(platform, config):
    n = len(rehearse(platform.data, 0.2, 0.1, 0).viewers)
    enough, too_few = (
        replace(config, calibrate=replace(config.calibrate, least_viewers=least)) for least in (n, n + 1)
    )
    assert calibrate(platform.data, too_few).blend is DEFAULT
    assert calibrate(platform.data, enough).blend is not DEFAULT


def test_data_without_times_can_be_calibrated_too(platform, config):
    events = platform.data.events
    timeless = replace(platform.data, events=replace(events, time=np.zeros_like(events.time)), as_of=1)
    blend = calibrate(timeless, config).blend
    assert np.isfinite(blend.corners).all()
    assert blend.corners.max() == pytest.approx(1)


def test_data_without_tags_can_be_calibrated_too(platform, config):
    bare = replace(platform.data, tags=platform.data.tags * 0)
    bare.tags.eliminate_zeros()
    blend = calibrate(bare, config).blend
    assert blend.corners.max() == pytest.approx(1)


def test_a_viewer_of_whom_nothing_is_known_gets_what_is_popular(found):
    assert found.blend.corners[CORES.index("popularity"), 0].any()


def test_data_without_any_liking_are_refused():
    with pytest.raises(DataError, match="at least one event of positive weight"):
        fit_hybrid(toy("ann: -a -b"))


@pytest.mark.parametrize("bad", [{"hidden_videos": 0.0}, {"hidden_videos": 1.0}, {"held_out": -0.1}])
def test_a_bad_setting_is_named(bad):
    ((name, value),) = bad.items()
    with pytest.raises(ConfigError, match=rf"calibrate\.{name} is {value}"):
        CalibrateConfig(**bad)
