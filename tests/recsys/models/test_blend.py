import numpy as np
import pytest

from recsys.models.blend import CORES, DEFAULT, Blend

RNG = np.random.default_rng(0)
KNOTS = Blend(RNG.random((len(CORES), 3, 2)).astype(np.float32), viewer_knots=(0.0, 3.0, 20.0), video_events=2.0)


def test_at_the_knots_the_weights_are_the_corners():
    weights = KNOTS.weights(np.array([0, 3, 20, 500]), np.array([0, 1e9]))
    np.testing.assert_allclose(weights, KNOTS.corners[:, [0, 1, 2, 2]], atol=1e-6)


def test_between_knots_the_way_is_straight_on_a_log_scale():
    place = (np.log(9) - np.log(4)) / (np.log(21) - np.log(4))  # of eight liked videos between three and twenty
    np.testing.assert_allclose(KNOTS.viewer_share(np.array([8.0])), [[0, 1 - place, place]], atol=1e-6)


def test_a_video_of_few_events_is_partly_known():
    np.testing.assert_allclose(KNOTS.video_share(np.array([0, 2, 6])), [[1, 0], [0.5, 0.5], [0.25, 0.75]], atol=1e-6)


def test_shares_are_within_0_and_1_and_sum_to_1():
    for shares in (
        KNOTS.viewer_share(np.linspace(0, 100, 1001)),
        KNOTS.video_share(np.linspace(0, 100, 1001)),
        DEFAULT.viewer_share(np.arange(1000)),
    ):
        np.testing.assert_allclose(shares.sum(-1), 1, atol=1e-6)
        assert shares.min() >= 0


def test_one_more_event_moves_no_weight_by_a_jump():
    n, steps = 4001, np.linspace(0, 40, 4001)
    by_viewer = KNOTS.weights(steps, np.array([5.0]))[:, :, 0]
    by_video = KNOTS.weights(np.array([5.0]), steps)[:, 0]
    assert np.abs(np.diff(by_viewer)).max() < 20 * KNOTS.corners.max() / n
    assert np.abs(np.diff(by_video)).max() < 40 * KNOTS.corners.max() / n


def test_weights_are_bilinear_in_the_shares():
    n_liked, counts = np.array([1.0, 7.0]), np.array([0.0, 1.0, 30.0])
    viewer, video = KNOTS.viewer_share(n_liked), KNOTS.video_share(counts)
    expected = np.zeros((len(CORES), 2, 3))
    for core, u, v in np.ndindex(len(CORES), 2, 3):
        for a, b in np.ndindex(3, 2):
            expected[core, u, v] += viewer[u, a] * video[v, b] * KNOTS.corners[core, a, b]
    np.testing.assert_allclose(KNOTS.weights(n_liked, counts), expected, rtol=1e-5)


@pytest.mark.parametrize("core", CORES)
def test_a_silenced_core_weighs_nothing_and_the_others_as_before(core):
    silenced = KNOTS.without(core)
    at = CORES.index(core)
    assert not silenced.corners[at].any()
    np.testing.assert_array_equal(np.delete(silenced.corners, at, 0), np.delete(KNOTS.corners, at, 0))
    assert KNOTS.corners[at].any()


def test_the_default_gives_every_viewer_something_to_go_by():
    assert DEFAULT.corners.shape == (len(CORES), len(DEFAULT.viewer_knots), 2)
    assert (DEFAULT.corners >= 0).all()
    assert (DEFAULT.corners.sum(0) > 0).all()
    assert DEFAULT.corners[CORES.index("popularity"), 0].any()  # all there is for a viewer of whom nothing is known
