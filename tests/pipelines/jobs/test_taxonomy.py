"""The store's tags come first; the shipped ones fill in."""

from pipelines.jobs.taxonomy import completed, lacking
from recsys.tags.node import Name, Node
from recsys.tags.shipped import default_taxonomy


def test_an_empty_store_gets_what_ships_and_what_is_used_of_it_with_its_parents():
    known = completed([])
    assert known.keys() == {one.tag_id for one in default_taxonomy().nodes}
    new = [one.tag_id for one in lacking(["object:cat"], known, [])]
    assert new == ["object:animal", "object:cat"]
    assert lacking(["keyword:unheard-of"], known, []) == []


def test_a_tag_of_the_stores_own_name_takes_the_shipped_ones_place_banned_or_not():
    own = [
        Node(tag_id="beast", dimension="object", names=(Name("en", "Animal"),)),
        Node(tag_id="no-dogs", dimension="object", status="banned", names=(Name("en", "dog"),)),
        Node(tag_id="object:car", dimension="object"),
    ]
    known = completed(own)
    assert not {"object:animal", "object:dog"} & known.keys()
    assert known["object:cat"].parent_id == "beast"
    assert known["object:car"] is own[2]
    assert [one.tag_id for one in lacking(["object:cat", "beast"], known, own)] == ["object:cat"]
