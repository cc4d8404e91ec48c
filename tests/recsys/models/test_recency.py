from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.errors import ConfigError
from recsys.interactions import Profiles, Videos
from recsys.models.recency import Recency

NOTHING = sparse.csr_array((2, 1), dtype=np.float32)
TWO = Profiles(
    Videos(np.arange(3, dtype=np.int32), sparse.csr_array((3, 1), dtype=np.float32)), np.array([0, 3, 5]),
    np.array([2, 0, 1, 1, 2], np.int32), np.array([1, 2, -1, 1, 1], np.float32),
    np.array([0, 10, 20, 5, 30], np.float32), NOTHING,
)  # fmt: skip


def test_weights_halve_by_age_and_fall_by_the_number_of_newer_videos():
    found = Recency(half_life_days=10, tau_steps=2).weights(TWO)
    e = np.exp(-0.5)
    np.testing.assert_allclose(found, [1, 2 * 0.5 * e, -0.25 * e**2, 2**-0.5, 0.125 * e], rtol=1e-6)


def test_by_default_nothing_fades():
    np.testing.assert_array_equal(Recency().weights(TWO), TWO.weights)


def test_steps_are_counted_from_each_viewers_own_last_video():
    found = Recency(tau_steps=1).weights(replace(TWO, weights=np.ones(5, np.float32)))
    np.testing.assert_allclose(found, np.exp([-0.0, -1, -2, 0, -1]), rtol=1e-6)


def test_a_very_old_video_counts_nothing_rather_than_something_that_is_no_number():
    ancient = replace(TWO, ages_days=np.full(5, 1e9, np.float32))
    assert Recency(half_life_days=0.01, tau_steps=0.001).weights(ancient).tolist() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("bad", [{"half_life_days": 0.0}, {"tau_steps": -1.0}, {"tau_steps": float("nan")}])
def test_a_bad_setting_is_named(bad):
    ((name, value),) = bad.items()
    with pytest.raises(ConfigError, match=rf"recency\.{name} is {value}"):
        Recency(**bad)
