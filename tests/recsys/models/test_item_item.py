from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.errors import ConfigError
from recsys.evaluation.toy import toy
from recsys.interactions import Profiles
from recsys.models.item_item import ItemItemConfig, fit_item_item
from recsys.models.recency import Recency
from recsys.models.shared_tags import shared_tags


def by_explicit_inverse(data, covered, ridge, tag_weight, viewer_power=0.5):
    """B = I - P / diag(P) in float64, P = (XᵀWX + αAAᵀ + λI)⁻¹, W falling with a viewer's number of videos."""
    x = np.maximum(data.events.matrix().toarray(), 0).astype(float)[:, covered]
    n = (x > 0).sum(1)
    x *= ((np.maximum(n, 1) / n[n > 0].mean()) ** (-viewer_power / 2))[:, None]
    a = shared_tags(data.tags).toarray().astype(float)[covered]
    p = np.linalg.inv(x.T @ x + tag_weight * a @ a.T + ridge * np.eye(len(covered)))
    b = -p / np.diag(p)[None, :]
    np.fill_diagonal(b, 0)
    return b


@pytest.mark.parametrize("n_viewers, n_videos", [(40, 7), (4, 20)], ids=["primal", "dual"])
@pytest.mark.parametrize("tag_weight, power", [(0.0, 0.0), (5.0, 0.0), (5.0, 0.5), (0.0, 1.0)])
def test_the_weights_are_those_of_the_explicit_inverse(random_data, n_viewers, n_videos, tag_weight, power):
    data = random_data(n_viewers, n_videos, n_events=90)
    covered = np.flatnonzero(data.events.video_counts() > 0)
    n_rows = np.count_nonzero(np.diff(data.events.matrix().maximum(0).indptr)) + 4 * (tag_weight > 0)
    assert (n_rows < len(covered)) == (n_viewers == 4)
    model = fit_item_item(data, ItemItemConfig(ridge=3, tag_weight=tag_weight, viewer_power=power))
    np.testing.assert_array_equal(np.flatnonzero(model.place >= 0), covered)
    np.testing.assert_allclose(model.weights, by_explicit_inverse(data, covered, 3, tag_weight, power), atol=2e-5)


def test_both_ways_of_solving_agree(random_data, monkeypatch):
    data = random_data(30, 12, n_events=200)
    primal = fit_item_item(data).weights
    monkeypatch.setattr("recsys.models.item_item._primal", None)
    many_tags = replace(data, tags=sparse.csr_array((data.tags.shape[0], 4), dtype=np.float32))
    few = data.events.where(data.events.viewer < 8)
    dual = fit_item_item(replace(many_tags, events=few)).weights
    covered = np.flatnonzero(few.video_counts() > 0)
    assert primal.shape == (12, 12)
    np.testing.assert_allclose(dual, by_explicit_inverse(replace(many_tags, events=few), covered, 30, 0), atol=1e-5)


def test_a_matrix_of_many_blocks_is_inverted_whole(random_data):
    """More videos than a block of the mirrored triangle holds: columns of P solve the equations they should."""
    data = random_data(2400, 2100, n_tags=3, n_events=30_000)
    covered = np.flatnonzero(data.events.video_counts() > 0)
    assert len(covered) > 2048
    model = fit_item_item(data, ItemItemConfig(ridge=10, tag_weight=1, viewer_power=0))
    x = data.events.matrix().maximum(0)[:, covered].astype(float)
    a = data.tags[covered].astype(float)
    gram = (x.T @ x + a @ a.T).toarray() + 10 * np.eye(len(covered))
    for at in (0, 2047, 2048, len(covered) - 1):
        column = -model.weights[:, at].astype(float)  # P's column over its diagonal element, which is put back
        column[at] = 1
        image = gram @ column
        assert np.abs(np.delete(image, at)).max() < 1e-3 * image[at]


def test_a_score_is_the_faded_history_times_the_weights(random_data):
    data = random_data()
    recency = Recency(half_life_days=10, tau_steps=3)
    model = fit_item_item(data, ItemItemConfig(recency=recency))
    profiles = Profiles.of(data.events.pairs(), data.videos, data.as_of)
    scores = model.score(profiles, data.videos)
    for viewer in range(len(profiles)):
        expected = np.zeros(len(data.videos))
        for step, at in enumerate(range(profiles.indptr[viewer], profiles.indptr[viewer + 1])):
            fade = 0.5 ** (profiles.ages_days[at] / 10) * np.exp(-step / 3)
            for video in range(7):
                expected[video] += profiles.weights[at] * fade * model.weights[profiles.index[at], video]
        np.testing.assert_allclose(scores[viewer, :7], expected[:7], rtol=1e-4, atol=1e-6)
    assert np.isnan(scores[:, 7:]).all()


def test_only_the_most_watched_are_covered():
    data = toy("ann: a b c d; bob: b c d; cat: c d; dan: d -e")
    model = fit_item_item(data, ItemItemConfig(max_videos=2))
    assert model.place.tolist() == [-1, -1, 0, 1, -1]
    profiles = Profiles.of(data.events.pairs(), data.videos, data.as_of)
    assert np.isnan(model.score(profiles, data.videos)[0]).tolist() == [True, True, False, False, True]


def test_among_equally_watched_videos_the_first_are_covered():
    data = toy("ann: a b c; bob: a b c")
    assert fit_item_item(data, ItemItemConfig(max_videos=2)).place.tolist() == [0, 1, -1]


def test_what_was_disliked_more_than_liked_teaches_nothing():
    liked, taken_back = toy("ann: a b; bob: a; cat: c"), toy("ann: a b . -b -b; bob: a; cat: c")
    config = ItemItemConfig(ridge=1, tag_weight=0)
    assert fit_item_item(liked, config).weights[0, 1] > 0
    assert fit_item_item(taken_back, config).weights[0, 1] == 0


def test_videos_of_equal_tags_speak_for_each_other_and_more_so_the_more_tags_weigh():
    data = toy("ann: a; bob: b; cat: c", "a: cats; b: cats; c: dogs")
    without, some, much = (fit_item_item(data, ItemItemConfig(tag_weight=one)).weights for one in (0, 5, 50))
    assert without[0, 1] == 0 < some[0, 1] < much[0, 1]
    assert abs(much[0, 2]) < 1e-6


@pytest.mark.parametrize(
    "bad", [{"ridge": 0.0}, {"tag_weight": -1.0}, {"viewer_power": 2.0}, {"max_videos": 0}, {"max_videos": 70_000}]
)
def test_a_bad_setting_is_named(bad):
    ((name, value),) = bad.items()
    with pytest.raises(ConfigError, match=rf"item_item\.{name} is {value}"):
        ItemItemConfig(**bad)
