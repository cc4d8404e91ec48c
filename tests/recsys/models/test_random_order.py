import numpy as np
import pytest

from recsys.errors import ConfigError
from recsys.evaluation.toy import toy
from recsys.interactions import Profiles, Videos
from recsys.models.random_order import RandomConfig, fit_random

MANY = toy("; ".join(f"u{i:03}: v{i:03} v{i * 7 % 300:03}" for i in range(300)))
PROFILES = Profiles.of(MANY.events.pairs(), MANY.videos, MANY.as_of)


def test_scores_are_spread_evenly_over_videos_and_viewers():
    scores = fit_random(MANY).score(PROFILES, MANY.videos)
    assert scores.min() >= 0
    assert scores.max() < 1
    np.testing.assert_allclose(np.quantile(scores, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.01)
    assert abs(np.corrcoef(scores[0], scores[1])[0, 1]) < 0.2
    assert abs(np.corrcoef(scores[:, 0], scores[:, 1])[0, 1]) < 0.2


def test_every_video_is_first_for_about_as_many_viewers():
    first = fit_random(MANY).score(PROFILES, MANY.videos).argmax(1)
    assert np.bincount(first).max() <= 8  # 300 viewers on 300 videos: Poisson of mean 1


def test_the_order_is_the_viewers_own_and_the_seeds():
    model, other = fit_random(MANY), fit_random(MANY, RandomConfig(seed=1))
    batch = model.score(PROFILES, MANY.videos)
    np.testing.assert_array_equal(model.score(PROFILES.take(np.array([5])), MANY.videos)[0], batch[5])
    np.testing.assert_array_equal(fit_random(MANY).score(PROFILES, MANY.videos), batch)
    assert abs(np.corrcoef(batch[0], other.score(PROFILES, MANY.videos)[0])[0, 1]) < 0.2


def test_a_newer_video_is_nan_and_reasons_sum_to_the_score():
    videos = Videos(np.array([-1, 0, 1], np.int32), MANY.tags[:3])
    one = PROFILES.take(np.array([0]))
    scores = fit_random(MANY).score(one, videos)[0]
    assert np.isnan(scores).tolist() == [True, False, False]
    np.testing.assert_allclose(fit_random(MANY).explain(one, videos).total(), np.nan_to_num(scores))


def test_a_bad_seed_is_named():
    with pytest.raises(ConfigError, match=r"random\.seed is -1"):
        RandomConfig(seed=-1)
