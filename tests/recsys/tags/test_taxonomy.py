import numpy as np
import pandas as pd
import pytest

from recsys.errors import DataError
from recsys.schema import TABLES
from recsys.tables import frame
from recsys.tags.taxonomy import MAX_DEPTH, Taxonomy


def taxonomy(*rows, used=()):
    """Rows of (id, parent, status, merged into); what is left out is empty or active."""
    full = [(*row, "", "active", "")[:2] + ((*row[2:], "")[:2] if len(row) > 2 else ("active", "")) for row in rows]
    ids, parents, statuses, merged = zip(*full, strict=True) if full else ((), (), (), ())
    return Taxonomy.from_rows(ids, parents, statuses, merged, used)


def stands_for(one):
    names = one.ids.take(np.arange(len(one)))
    return {name: names[at] if at >= 0 else None for name, at in zip(names, one.stands_for, strict=True)}


def parents(one):
    names = one.ids.take(np.arange(len(one)))
    return {name: names[at] if at >= 0 else None for name, at in zip(names, one.parent, strict=True)}


def test_tags_know_their_parents_and_roots_have_none():
    found = taxonomy(("cats", "animals"), ("kittens", "cats"), ("animals",))
    assert parents(found) == {"animals": None, "cats": "animals", "kittens": "cats"}
    assert stands_for(found) == {"animals": "animals", "cats": "cats", "kittens": "kittens"}


def test_ancestors_come_a_generation_at_a_time():
    found = taxonomy(("c", "b"), ("b", "a"), ("a",), ("x",))
    assert [level.tolist() for level in found.ancestors()] == [[-1, 0, 1, -1], [-1, -1, 0, -1]]
    assert taxonomy(("a",)).ancestors() == []


def test_chains_of_merges_are_followed_to_their_end():
    found = taxonomy(
        ("oldest", "", "merged", "older"), ("older", "", "merged", "new"), ("new",), ("bad", "", "banned"),
        ("gone", "", "merged", "bad"), ("astray", "", "merged", "nowhere"),
    )  # fmt: skip
    expected = {"oldest": "new", "older": "new", "new": "new", "bad": None, "gone": None, "astray": None}
    assert stands_for(found) == expected


def test_a_merge_counts_only_where_the_status_says_so():
    assert stands_for(taxonomy(("a", "", "active", "b"), ("b",))) == {"a": "a", "b": "b"}


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "a")],
        [("a", "b"), ("b", "a")],
        [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")],
        [("a", "", "merged", "b"), ("b", "", "merged", "a")],
        [("x",), ("a", "", "merged", "b"), ("b", "", "merged", "c"), ("c", "", "merged", "b")],
    ],
)
def test_circles_are_refused_by_the_name_of_one_in_them(rows):
    with pytest.raises(DataError, match=r"the (parents|merges) of tag '[abcd]' form a circle"):
        taxonomy(*rows)


def test_a_tag_merged_into_itself_stands_for_itself():
    assert stands_for(taxonomy(("a", "", "merged", "a"))) == {"a": "a"}


def chain(n):
    return [("t00", "")] + [(f"t{at:02}", f"t{at - 1:02}") for at in range(1, n)]


def test_a_tree_may_be_deep_but_not_endless():
    assert len(taxonomy(*chain(MAX_DEPTH)).ancestors()) == MAX_DEPTH - 1
    with pytest.raises(DataError, match=f"over {MAX_DEPTH} deep; break the chain"):
        taxonomy(*chain(MAX_DEPTH + 3))


def test_a_chain_of_merges_may_be_as_long():
    rows = [(f"t{at:02}", "", "merged", f"t{at - 1:02}") for at in range(1, MAX_DEPTH)]
    assert set(stands_for(taxonomy(("t00",), *rows)).values()) == {"t00"}


def test_a_parent_that_is_no_tag_makes_a_root():
    assert parents(taxonomy(("a", "nowhere"))) == {"a": None}


def test_tags_that_are_only_used_become_roots():
    found = taxonomy(("a",), used=["z", "a", "b", "z"])
    assert parents(found) == {"a": None, "b": None, "z": None}
    assert stands_for(found) == {"a": "a", "b": "b", "z": "z"}


def test_the_order_of_the_rows_does_not_matter():
    rows = [("c", "b"), ("b", "a"), ("a",), ("m", "", "merged", "c"), ("x", "", "banned")]
    one, other = taxonomy(*rows), taxonomy(*rows[::-1])
    np.testing.assert_array_equal(one.parent, other.parent)
    np.testing.assert_array_equal(one.stands_for, other.stands_for)


def test_new_roots_stand_behind_and_move_nobody():
    one = taxonomy(("b", "a"), ("a",), ("m", "", "merged", "b"))
    more = one.with_roots(["z", "a", "c", "z"])
    assert more.ids.take(np.arange(5)) == ["a", "b", "m", "z", "c"]
    assert more.parent.tolist() == [*one.parent.tolist(), -1, -1]
    assert more.stands_for.tolist() == [*one.stands_for.tolist(), 3, 4]
    assert one.with_roots(["a"]) is one
    assert len(one) == 3


def test_nothing_makes_an_empty_taxonomy():
    found = taxonomy()
    assert len(found) == 0
    assert found.ancestors() == []
    assert len(found.with_roots(["a"])) == 1


def test_the_tags_table_is_read_with_its_gaps():
    tags = frame(TABLES["tags"], {
        "tag_id": ["a", "b", "c"], "parent_id": [None, "a", None], "status": ["active", None, "merged"],
        "merged_into": [None, None, "b"],
    })  # fmt: skip
    found = Taxonomy.of(tags, pd.Series(["d", "a", "d"]))
    assert parents(found) == {"a": None, "b": "a", "c": None, "d": None}
    assert stands_for(found)["c"] == "b"
