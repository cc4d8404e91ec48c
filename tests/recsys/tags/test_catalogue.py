import pytest

from recsys.errors import DataError
from recsys.tags.catalogue import TagCatalogue
from recsys.tags.node import Name, Node

AT = "2026-01-01T00:00:00+00:00"


def catalogue(*given):
    """Rows of (id, parent)."""
    return TagCatalogue.of(Node(tag_id=one[0], parent_id=one[1] if len(one) > 1 else None) for one in given)


def node(tag_id, **more):
    return Node(tag_id=tag_id, **more)


@pytest.mark.parametrize(
    "given, says",
    [
        ({"tag_id": ""}, "tag_id is ''"),
        ({"tag_id": " "}, "tag_id is ' '"),
        ({"tag_id": "x" * 201}, "1 to 200 printable"),
        ({"tag_id": "a\nb"}, "printable"),
        ({"tag_id": "a", "parent_id": ""}, "parent_id is ''"),
        ({"tag_id": "a", "dimension": "smell"}, "dimension 'smell'; it must be one of category, person"),
        ({"tag_id": "a", "status": "gone"}, "status 'gone'; it must be one of active, merged, banned"),
        ({"tag_id": "a", "status": "merged"}, "is merged and merged into None"),
        ({"tag_id": "a", "merged_into": "b"}, "is active and merged into 'b'"),
        ({"tag_id": "a", "iab": "x/1"}, "has 'x/1' as its IAB id"),
        ({"tag_id": "a", "names": (Name("en", " "),)}, "1 to 500 printable"),
        ({"tag_id": "a", "names": (Name("en", "y" * 501),)}, "1 to 500 printable"),
        ({"tag_id": "a", "names": (Name("english language", "y"),)}, "a language looks like en"),
        ({"tag_id": "a", "names": (Name("en", "y"), Name("en", "y", True))}, "a name twice in one language"),
    ],
)
def test_a_node_that_cannot_be_is_refused_by_what_is_wrong(given, says):
    with pytest.raises(DataError, match=says):
        Node(**given)


def test_a_node_is_shown_by_its_name_in_the_language_else_in_another_else_by_its_id():
    cat = node("cat", names=(Name("zh", "猫"), Name("en", "kitty", True), Name("en", "Cat")))
    assert [cat.display_name(language) for language in ("en", "zh", "fr")] == ["Cat", "猫", "猫"]
    assert node("x").display_name() == "x"


@pytest.mark.parametrize(
    "nodes, says",
    [
        ([node("a"), node("a")], "tag 'a' is there twice"),
        ([node("a", parent_id="b")], "parent_id of tag 'a' is 'b', which is not there"),
        ([node("a", status="merged", merged_into="b")], "merged_into of tag 'a' is 'b', which is not there"),
        ([node("a", parent_id="b"), node("b", parent_id="a")], "form a circle"),
    ],
)
def test_nodes_that_make_no_taxonomy_are_refused(nodes, says):
    with pytest.raises(DataError, match=says):
        TagCatalogue.of(nodes)


def test_a_version_follows_from_the_nodes_and_nothing_else():
    one, other = catalogue(("a",), ("b", "a")), catalogue(("b", "a"), ("a",))
    assert one.version == other.version
    assert one.version != catalogue(("a",), ("b",)).version
    names = (Name("en", "x"), Name("zh", "y"))
    assert TagCatalogue.of([node("a", names=names)]).version == TagCatalogue.of([node("a", names=names[::-1])]).version


def test_a_merge_keeps_the_tag_its_names_and_how_it_was():
    before = TagCatalogue.of(
        [node("kitty", names=(Name("en", "kitty"),)), node("cat"), node("kitten", parent_id="kitty")]
    )
    after = before.merge("kitty", "cat", AT)
    assert (after.by_id["kitty"].status, after.by_id["kitty"].merged_into) == ("merged", "cat")
    assert after.by_id["kitty"].names == (Name("en", "kitty"),)
    assert after.by_id["kitten"].parent_id == "cat"
    (change,) = after.changes
    assert (change.what, change.tag_id, change.into, change.moved) == ("merge", "kitty", "cat", ("kitten",))
    assert (change.before, change.after, change.at) == (before.version, after.version, AT)
    assert before.by_id["kitty"].status == "active"


def test_a_tag_merged_into_its_own_child_gives_the_child_its_place():
    after = catalogue(("animal",), ("cats", "animal"), ("cat", "cats"), ("lion", "cats")).merge("cats", "cat", AT)
    assert (after.by_id["cat"].parent_id, after.by_id["lion"].parent_id) == ("animal", "cat")


def test_merges_follow_each_other_and_all_are_remembered():
    after = catalogue(("a",), ("b",), ("c",)).merge("a", "b", AT).merge("b", "c", AT).ban("c", AT)
    assert [(one.what, one.tag_id) for one in after.changes] == [("merge", "a"), ("merge", "b"), ("ban", "c")]
    assert [one.before for one in after.changes[1:]] == [one.after for one in after.changes[:-1]]
    assert after.taxonomy.stands_for.tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    "edit, says",
    [
        (lambda one: one.merge("a", "a", AT), "cannot be merged into itself"),
        (lambda one: one.merge("a", "nowhere", AT), "there is no tag 'nowhere'"),
        (lambda one: one.merge("nowhere", "a", AT), "there is no tag 'nowhere'"),
        (lambda one: one.merge("gone", "a", AT), "tag 'gone' is merged; only active"),
        (lambda one: one.merge("a", "bad", AT), "tag 'bad' is banned; only active"),
        (lambda one: one.merge("a", "grandchild", AT), "form a circle"),
        (lambda one: one.ban("bad", AT), "tag 'bad' is banned"),
        (lambda one: one.put(node("gone"), AT), "putting it anew would undo that"),
        (lambda one: one.put(node("bad"), AT), "putting it anew would undo that"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(edit, says):
    one = TagCatalogue.of([
        node("a"), node("child", parent_id="a"), node("grandchild", parent_id="child"), node("bad", status="banned"),
        node("gone", status="merged", merged_into="a"),
    ])  # fmt: skip
    with pytest.raises(DataError, match=says):
        edit(one)


def test_joining_another_adds_its_tags_and_names_and_undoes_no_merge():
    ours = TagCatalogue.of([
        node("a", names=(Name("en", "A"),)), node("old", status="merged", merged_into="a"), node("mine"),
    ])  # fmt: skip
    theirs = TagCatalogue.of(
        [node("a", dimension="object", names=(Name("zh", "甲"),)), node("old"), node("new", parent_id="a")]
    )
    joined, kept = ours.joined(theirs)
    assert kept == ("old",)
    assert [one.tag_id for one in joined.nodes] == ["a", "mine", "new", "old"]
    assert (joined.by_id["old"].status, joined.by_id["old"].merged_into) == ("merged", "a")
    assert (joined.by_id["a"].dimension, {one.text for one in joined.by_id["a"].names}) == ("object", {"A", "甲"})


def test_joining_another_whose_merge_runs_against_ours_is_refused():
    ours = TagCatalogue.of([node("a"), node("old", status="merged", merged_into="a")])
    theirs = TagCatalogue.of([node("a", status="merged", merged_into="old"), node("old")])
    with pytest.raises(DataError, match=r"the merges of tag '(a|old)' form a circle"):
        ours.joined(theirs)


def test_what_differs_later_is_added_to_the_history():
    first = catalogue(("a",), ("b",)).ban("b", AT)
    later = TagCatalogue.of([node("a", status="merged", merged_into="c"), node("b", status="banned"), node("c")])
    told = first.followed_by(later, "later")
    assert [(one.what, one.tag_id, one.at) for one in told.changes] == [
        ("ban", "b", AT), ("merge", "a", "later"), ("put", "c", "later"),
    ]  # fmt: skip
    assert told.version == later.version
    assert first.followed_by(first, "later").changes == first.changes
