from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.errors import ConfigError
from recsys.evaluation.toy import toy
from recsys.interactions import Profiles
from recsys.models.sequence import SequenceConfig, fit_sequence
from recsys.models.shared_tags import shared_tags

CONFIG = SequenceConfig(ridge=2.0, tag_weight=1.5, window=3, fade_steps=1.5)


def by_hand(data, config):
    """(SᵀS + αAAᵀ + λI)⁻¹ (SᵀN + αAAᵀ), moment by moment, in float64."""
    pairs = data.events.pairs()
    liked = pairs.where(pairs.weight > 0)
    covered = np.flatnonzero(data.events.video_counts() > 0)
    place = {int(video): at for at, video in enumerate(covered)}
    before, came = [], []
    for viewer in range(len(data.events.viewers)):
        mine = np.flatnonzero(liked.viewer == viewer)
        for at in range(1, len(mine)):
            row = np.zeros(len(covered))
            for back in range(1, min(at, config.window) + 1):
                if liked.time[mine[at - back]] < liked.time[mine[at]]:
                    row[place[int(liked.video[mine[at - back]])]] = np.exp(-(back - 1) / config.fade_steps)
            before.append(row)
            came.append(np.eye(len(covered))[place[int(liked.video[mine[at]])]] * row.any())
    s, n = np.array(before), np.array(came)
    a = shared_tags(data.tags).toarray().astype(float)[covered]
    alike = config.tag_weight * a @ a.T
    found = np.linalg.solve(s.T @ s + alike + config.ridge * np.eye(len(covered)), s.T @ n + alike)
    np.fill_diagonal(found, 0)
    return found


def test_the_weights_are_those_of_the_explicit_solution(random_data):
    data = random_data(9, 8, n_events=90)
    np.testing.assert_allclose(fit_sequence(data, CONFIG).weights, by_hand(data, CONFIG), atol=2e-5)


def test_moments_taken_in_pieces_add_up_to_the_same(random_data, monkeypatch):
    data = random_data(9, 8, n_events=90)
    whole = fit_sequence(data, CONFIG).weights
    monkeypatch.setattr("recsys.models.sequence.AT_ONCE", 7)
    np.testing.assert_allclose(fit_sequence(data, CONFIG).weights, whole, atol=1e-6)


def test_what_came_after_is_said_and_what_came_before_is_not():
    data = toy("; ".join(f"u{i}: a b c" for i in range(9)) + "; x: c d; y: d c")
    weights = fit_sequence(data, SequenceConfig(ridge=1.0, tag_weight=0)).weights
    a, b = 0, 1
    assert weights[a, b] > 0.5
    assert abs(weights[b, a]) < 0.05


def test_events_of_one_time_tell_no_order(random_data):
    data = random_data()
    timeless = replace(data, events=replace(data.events, time=np.zeros_like(data.events.time)))
    model = fit_sequence(timeless, CONFIG)
    assert not (model.place >= 0).any()
    profiles = Profiles.of(timeless.events.pairs(), timeless.videos, timeless.as_of)
    assert np.isnan(model.score(profiles, timeless.videos)).all()
    parts = model.explain(profiles.take(np.array([0])), timeless.videos)
    assert not parts.history.any()


def test_videos_of_equal_tags_follow_each_other_where_no_order_was_seen():
    data = toy("ann: a b; bob: c d", "a: cats; b: dogs; c: dogs; d: cats")
    none, some = (fit_sequence(data, SequenceConfig(ridge=5.0, tag_weight=one)).weights for one in (0.0, 5.0))
    assert none[0, 3] == 0 < some[0, 3]


def test_without_tags_only_order_speaks(random_data):
    data = random_data()
    bare = replace(data, tags=sparse.csr_array(data.tags.shape, dtype=np.float32))
    np.testing.assert_allclose(
        fit_sequence(bare, CONFIG).weights, fit_sequence(data, replace(CONFIG, tag_weight=0.0)).weights, atol=1e-6
    )


@pytest.mark.parametrize(
    "bad", [{"ridge": 0.0}, {"tag_weight": -1.0}, {"window": 0}, {"fade_steps": 0.0}, {"max_videos": 0}]
)
def test_a_bad_setting_is_named(bad):
    ((name, value),) = bad.items()
    with pytest.raises(ConfigError, match=rf"sequence\.{name} is {value}"):
        SequenceConfig(**bad)
