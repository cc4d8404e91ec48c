"""Tags are withdrawn, not deleted: what was known when can be told afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.tags.standing import merged
from service.storage.migrate import migrate
from service.storage.store import Store
from service.storage.taggings import replace_taggings, standing_tags, taggings_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store.open(f"sqlite:///{tmp_path}/store.db")
    migrate(one)
    yield one
    one.close()


def given(*tags: str, source: str = "editor", confidence: float | None = None) -> list[dict]:
    return [{"tag_id": tag, "source": source, "confidence": confidence} for tag in tags]


def history(store: Store) -> dict[tuple[str, str], tuple]:
    with store.reading() as connection:
        rows = taggings_of(connection, ["v"])["v"]
    return {(one["tag_id"], one["source"]): (one["known_at"], one["withdrawn_at"]) for one in rows}


def test_a_tag_that_stays_keeps_when_it_became_known(store: Store):
    store.write_now(lambda c: replace_taggings(c, {"v": given("a", "b")}, now=10))
    store.write_now(lambda c: replace_taggings(c, {"v": given("b", "c", confidence=0.5)}, now=20))
    assert history(store) == {("a", "editor"): (10, 20), ("b", "editor"): (10, None), ("c", "editor"): (20, None)}
    with store.reading() as connection:
        assert [(one["tag_id"], one["confidence"]) for one in standing_tags(connection, "v")] == [
            ("b", 0.5),
            ("c", 0.5),
        ]


def test_a_withdrawn_tag_given_again_is_known_from_then_on(store: Store):
    for now, tags in ((10, given("a")), (20, []), (30, given("a"))):
        store.write_now(lambda c, now=now, tags=tags: replace_taggings(c, {"v": tags}, now=now))
    assert history(store) == {("a", "editor"): (30, None)}


def test_one_sources_tags_are_replaced_alone(store: Store):
    store.write_now(lambda c: replace_taggings(c, {"v": [*given("a"), *given("a", source="vendor:x")]}, now=10))
    store.write_now(lambda c: replace_taggings(c, {"v": []}, now=20, source="vendor:x"))
    assert history(store) == {("a", "editor"): (10, None), ("a", "vendor:x"): (10, 20)}


def test_other_videos_are_left_alone(store: Store):
    store.write_now(lambda c: replace_taggings(c, {"v": given("a"), "w": given("a")}, now=10))
    store.write_now(lambda c: replace_taggings(c, {"w": []}, now=20))
    assert history(store) == {("a", "editor"): (10, None)}


def test_a_tag_withdrawn_long_ago_is_not_withdrawn_again():
    before = [{"tag_id": "a", "source": "editor", "confidence": None, "known_at": 1, "withdrawn_at": 2}]
    assert merged("v", before, [], now=9) == []
