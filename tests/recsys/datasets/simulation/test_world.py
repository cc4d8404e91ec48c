"""Tags, videos and viewers before the first event."""

import numpy as np
import pytest

from recsys.datasets.simulation.audience import drifted
from recsys.datasets.simulation.catalogue import again
from recsys.datasets.simulation.config import EPOCH_MS, SimulatorConfig
from recsys.datasets.simulation.world import World
from recsys.errors import ConfigError
from recsys.schema import DAY_MS, DIMENSIONS

CONFIG = SimulatorConfig(n_viewers=2000, n_videos=1500, n_tags=120, tags_per_video=10, days=20)


@pytest.fixture(scope="module")
def world():
    return World.of(CONFIG)


def test_tags_have_known_dimensions_different_ids_and_parents_of_their_own_dimension(world):
    tags = world.tags
    assert len(set(tags.tag_id)) == CONFIG.n_tags
    assert set(tags.dimension) < set(DIMENSIONS)
    children = np.flatnonzero(tags.parent >= 0)
    assert 0 < len(children) < CONFIG.n_tags
    assert all(tags.dimension[row] == tags.dimension[tags.parent[row]] for row in children)


def test_children_lie_nearer_to_their_parent_than_to_other_roots(world):
    direction, parent = world.tags.direction, world.tags.parent
    children, roots = np.flatnonzero(parent >= 0), np.flatnonzero(parent < 0)
    near = (direction[children] * direction[parent[children]]).sum(axis=1).mean()
    assert near > (direction[children] @ direction[roots].T).mean() + 0.3


@pytest.mark.parametrize("n_tags", [8, 9, 31, 1000])
def test_any_number_of_tags_makes_a_taxonomy(n_tags):
    tags = World.of(SimulatorConfig(n_videos=20, n_viewers=5, n_tags=n_tags, tags_per_video=4, slate_size=2)).tags
    assert len(set(tags.tag_id)) == n_tags


def test_no_video_has_a_true_tag_twice_nor_a_said_one(world):
    assert not again(world.catalogue.true_tags).any()
    assert not (again(world.catalogue.tags) & (world.catalogue.tags >= 0)).any()


def test_taggings_miss_and_mistake_as_many_tags_as_configured(world):
    said, true = world.catalogue.tags, world.catalogue.true_tags
    right = (said[:, :, None] == true[:, None, :]).any(axis=2)
    assert (said < 0).mean() == pytest.approx(0.9 * CONFIG.missing_tags, abs=0.03)
    assert (~right & (said >= 0)).mean() == pytest.approx(CONFIG.wrong_tags, abs=0.02)
    assert world.catalogue.confidence[right].mean() > world.catalogue.confidence[~right & (said >= 0)].mean() + 0.2


def test_videos_come_in_order_over_the_whole_time_and_their_tags_after_them(world):
    published = world.catalogue.published
    assert (np.diff(published) >= 0).all()
    assert (published < EPOCH_MS).mean() == pytest.approx(CONFIG.back_catalogue, abs=0.01)
    assert EPOCH_MS + 19 * DAY_MS < published[-1] < EPOCH_MS + 20 * DAY_MS
    assert (world.catalogue.known_at >= published[:, None]).all()


def test_popularity_is_concentrated_on_few_videos(world):
    ordered = np.sort(world.catalogue.popularity)[::-1]
    assert ordered[:150].sum() > 0.3 * ordered.sum()


def test_some_viewers_watch_much_more_than_others_and_none_before_they_join(world):
    activity = np.sort(world.audience.activity)[::-1]
    assert activity[:200].sum() > 0.3 * activity.sum()
    weights = world.audience.weights(EPOCH_MS)
    assert (weights[world.audience.joined > EPOCH_MS] == 0).all()
    assert (weights[world.audience.joined <= EPOCH_MS] > 0).all()


def test_tastes_walk_on_the_sphere_until_half_is_new_after_the_half_life(world):
    config = SimulatorConfig(n_viewers=2000, taste_half_life_days=10)
    start = taste = world.audience.taste
    for day in range(1, 11):
        taste = drifted(taste, config, day)
    assert np.linalg.norm(taste, axis=1) == pytest.approx(1, abs=1e-5)
    assert (start * taste).sum(axis=1).mean() == pytest.approx(0.5, abs=0.03)
    assert (drifted(start, config, 3) == drifted(start, config, 3)).all()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"n_events": 0}, "n_events is 0; it must be within 1 and"),
        ({"explore": 0.0}, "explore is 0.0; it must be within 0.001 and 1"),
        ({"n_tags": 30, "tags_per_video": 16}, "tags_per_video is 16; it must be at most half of n_tags, 15"),
        ({"n_videos": 10, "slate_size": 8}, "slate_size is 8; it must be at most half of n_videos, 5"),
    ],
)
def test_a_setting_out_of_its_range_is_named(setting, message):
    with pytest.raises(ConfigError, match=message):
        SimulatorConfig(**setting)
