import numpy as np
import pytest
from scipy import sparse

from recsys.bundle import Contents
from recsys.facts import Facts
from recsys.ids import Ids
from recsys.interactions import Videos
from recsys.ranking.catalogue import Catalogue, Tagging, VideoChange
from recsys.schema import NEVER
from recsys.tags.taxonomy import Taxonomy
from recsys.tags.vectorizer import TagConfig, TagVectorizer

CONFIG = TagConfig(source_weights={"editor": 1.0, "vendor": 0.5}, unknown_confidence=0.5)
TAXONOMY = Taxonomy.from_rows(
    ["cats", "kittens", "felines", "spam"], ["", "cats", "", ""], ["active", "active", "merged", "banned"],
    ["", "", "cats", ""],
)  # fmt: skip
VECTORIZER = TagVectorizer(TAXONOMY, np.array([1, 1, 2, 1], np.float32), CONFIG)
CATS, KITTENS = TAXONOMY.ids.row("cats"), TAXONOMY.ids.row("kittens")


@pytest.fixture
def catalogue():
    """Three videos: a always, b from 100 to 200, c until 300."""
    tags = np.zeros((3, 4), np.float32)
    tags[:, CATS] = 1
    contents = Contents(
        Ids.of(["a", "b", "c"]), VECTORIZER, Videos.trained(sparse.csr_array(tags)), np.full(3, NEVER),
        np.array([NEVER, 100, NEVER]), np.array([NEVER, 200, 300]), np.array([0, 19, 20], np.float32), None, None,
        Facts.of(3, [], []),
    )  # fmt: skip
    return Catalogue.of(contents)


def video(name, *tags, **more):
    return VideoChange(name, tuple(Tagging(tag, "editor", 1.0) for tag in tags), **more)


def shown(catalogue, now=150):
    return sorted(catalogue.id_of(int(at)) for at in np.flatnonzero(catalogue.available(now)))


def vector(catalogue, name):
    row = catalogue.videos(np.array([catalogue.position(name)])).tags.toarray()[0]
    return {catalogue.vectorizer.ids[at]: round(float(row[at]), 4) for at in np.flatnonzero(row)}


def test_videos_are_shown_within_their_windows(catalogue):
    assert shown(catalogue, 99) == ["a", "c"]
    assert shown(catalogue, 100) == ["a", "b", "c"]
    assert shown(catalogue, 199) == ["a", "b", "c"]
    assert shown(catalogue, 200) == ["a", "c"]
    assert shown(catalogue, 300) == ["a"]


def test_a_new_video_stands_behind_the_bundles_and_has_no_trained_row(catalogue):
    after = catalogue.with_changes([video("new", "cats")], now=150)
    assert len(after) == 4
    assert after.position("new") == 3
    assert after.id_of(3) == "new"
    assert after.videos(np.array([3])).rows.tolist() == [-1]
    assert vector(after, "new") == {"cats": 1.0}
    assert shown(after) == ["a", "b", "c", "new"]


def test_a_retagged_video_keeps_its_trained_row_and_its_old_place_is_hidden(catalogue):
    after = catalogue.with_changes([video("a", "kittens")], now=150)
    assert shown(after) == ["a", "b", "c"]
    assert after.position("a") == 3
    assert after.videos(np.array([3])).rows.tolist() == [0]
    kittens, cats = 2 * 1.0, 1 * 0.5  # idf times belief; the parent has half of its child's
    assert vector(after, "a") == pytest.approx({"cats": cats / np.hypot(kittens, cats), "kittens": 0.9701}, abs=1e-4)


def test_a_deleted_video_is_gone_and_may_come_back(catalogue):
    gone = catalogue.with_changes([video("b", deleted=True), video("new", deleted=True)], now=150)
    assert shown(gone) == ["a", "c"]
    assert shown(gone.with_changes([video("b", "cats"), video("new")], now=150)) == ["a", "b", "c", "new"]


def test_a_changed_window_counts_and_the_bundles_no_longer(catalogue):
    after = catalogue.with_changes([video("b", available_from=500), video("new", available_until=160)], now=150)
    assert shown(after, 150) == ["a", "c", "new"]
    assert shown(after, 160) == ["a", "c"]
    assert shown(after, 500) == ["a", "b"]


def test_the_later_change_of_a_video_wins_within_one_call_and_over_two(catalogue):
    once = catalogue.with_changes([video("new", "cats"), video("new", "kittens", deleted=True)], now=150)
    assert len(once) == 4
    assert "new" not in shown(once)
    twice = once.with_changes([video("new", "cats")], now=150)
    assert len(twice) == 4
    assert vector(twice, "new") == {"cats": 1.0}
    assert "new" in shown(twice)


def test_a_tag_that_the_bundle_has_never_seen_gets_a_column_behind_the_old_ones(catalogue):
    after = catalogue.with_changes([video("new", "robots"), video("newer", "robots", "cats")], now=150)
    old = list(catalogue.vectorizer.ids.take(np.arange(4)))
    assert after.vectorizer.ids.take(np.arange(5)) == [*old, "robots"]
    assert vector(after, "new") == {"robots": 1.0}
    assert vector(after, "newer") == pytest.approx(
        {"cats": 0.4472, "robots": 0.8944}, abs=1e-4
    )  # as rare as the rarest
    assert vector(after, "a") == {"cats": 1.0}
    assert after.videos(np.array([0, 3])).tags.shape == (2, 5)


def test_columns_keep_their_places_as_more_tags_come(catalogue):
    first = catalogue.with_changes([video("x", "zebras")], now=150)
    second = first.with_changes([video("y", "aardvarks")], now=150)
    assert [second.vectorizer.ids.row(tag) for tag in ("cats", "zebras", "aardvarks")] == [CATS, 4, 5]
    assert vector(second, "x") == {"zebras": 1.0}


def test_merged_tags_count_for_what_they_stand_for_and_banned_ones_for_nothing(catalogue):
    after = catalogue.with_changes([video("new", "felines", "spam"), video("bare", "spam")], now=150)
    assert vector(after, "new") == {"cats": 1.0}
    assert vector(after, "bare") == {}


def test_sources_and_confidences_weigh_and_late_or_withdrawn_taggings_do_not(catalogue):
    taggings = (
        Tagging("cats", "vendor:acme", 0.8),  # trusted half: 0.4
        Tagging("kittens", "vendor:acme"),  # unknown confidence is a half: 0.25, an eighth of it to its parent
        Tagging("robots", "editor", 1.0, known_at=151),
        Tagging("ghosts", "editor", 1.0, known_at=10, withdrawn_at=150),
        Tagging("dogs", "odd", 1.0, known_at=150, withdrawn_at=152),
    )
    after = catalogue.with_changes([VideoChange("new", taggings)], now=150)
    found = vector(after, "new")
    cats, kittens, dogs = 1 - 0.6 * 0.875, 2 * 0.25, 2 * 0.5
    length = np.linalg.norm([cats, kittens, dogs])
    assert found == pytest.approx({"cats": cats / length, "kittens": kittens / length, "dogs": dogs / length}, abs=1e-4)


def test_videos_come_in_the_order_asked_for_old_and_new_mixed(catalogue):
    after = catalogue.with_changes([video("x", "kittens"), video("b", "cats"), video("y")], now=150)
    positions = np.array([5, 0, 4, 3, 2, 0])
    videos = after.videos(positions)
    assert [after.id_of(at) for at in positions] == ["y", "a", "b", "x", "c", "a"]
    assert videos.rows.tolist() == [-1, 0, 1, -1, 2, 0]
    lengths = np.diff(videos.tags.indptr).tolist()
    assert lengths == [0, 1, 1, 2, 1, 1]
    assert len(after.videos(np.empty(0, np.int32))) == 0


def test_a_view_stays_as_it_was_when_the_next_one_is_made(catalogue):
    first = catalogue.with_changes([video("new", "cats")], now=150)
    first.with_changes([video("new", deleted=True), video("a", deleted=True)], now=150)
    assert shown(catalogue) == ["a", "b", "c"]
    assert shown(first) == ["a", "b", "c", "new"]


def test_unknown_videos_have_no_place(catalogue):
    assert catalogue.position("nobody") == -1
    assert catalogue.positions(["c", "nobody", "a"]).tolist() == [2, -1, 0]


def test_the_state_tells_how_many_events_a_video_had_in_training(catalogue):
    after = catalogue.with_changes([video("new", "cats"), video("c", "cats")], now=150)
    states = {name: after.state(after.position(name)) for name in ("a", "b", "c", "new")}
    assert states == {"a": "cold", "b": "warming", "c": "warm", "new": "cold"}
