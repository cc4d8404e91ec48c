"""Labels become tags of the taxonomy, by name across languages, and new ones where there is none."""

import json

import pytest

from recsys.errors import DataError
from recsys.tags.importers.result import Frame, Occurrence, VendorResult, VendorTag
from recsys.tags.importers.taggings import Tagger, video_of
from recsys.tags.node import Name, Node
from recsys.tags.vocabulary import Vocabulary

NODES = [
    Node(
        tag_id="logo:lancome",
        dimension="logo",
        names=(Name("zh", "兰蔻"), Name("zh", "法国兰蔻", True), Name("en", "Lancôme")),
    ),
    Node(tag_id="object:car", dimension="object", names=(Name("en", "Car"),)),
    Node(
        tag_id="object:auto", dimension="object", status="merged", merged_into="object:car", names=(Name("en", "Auto"),)
    ),
    Node(tag_id="custom:spam", status="banned", names=(Name("en", "spam"),)),
    Node(tag_id="category:news", dimension="category", names=(Name("zh", "资讯"),)),
]


def tagged(*tags, nodes=NODES):
    return Tagger(Vocabulary.of(nodes)).tagged("v", [VendorResult(vendor="x", tags=tags)])


def tag(label, dimension="keyword", **more):
    return VendorTag(dimension=dimension, label=label, **more)


def given(one):
    return {row["tag_id"]: row["confidence"] for row in one.taggings}


def test_labels_of_several_languages_and_spellings_are_one_tag_with_the_surest_confidence():
    found = tagged(tag("兰蔻"), tag("法国兰蔻", confidence=0.4), tag("LANCÔME", confidence=0.7))
    assert given(found) == {"logo:lancome": 0.7}
    assert found.new_nodes == ()


def test_unknown_confidence_stays_unknown():
    assert given(tagged(tag("兰蔻"))) == {"logo:lancome": None}


def test_merged_tags_count_for_what_they_stand_for_and_banned_ones_for_nothing():
    found = tagged(tag("auto", "object", confidence=0.5), tag("Spam", confidence=1.0))
    assert given(found) == {"object:car": 0.5}
    assert found.banned == ("Spam",)


def test_a_synonym_that_the_vendor_gives_finds_the_tag():
    assert given(tagged(tag("Motorcar", "object", other_labels=("car",)))) == {"object:car": None}


def test_a_label_without_a_tag_makes_one_below_its_parents():
    found = tagged(tag("社会资讯", "category", parents=("资讯",)), tag("B", "category", parents=("A", "资讯", "C")))
    made = {one.tag_id: one.parent_id for one in found.new_nodes}
    assert made == {
        "category:社会资讯": "category:news", "category:a": None, "category:c": "category:news",
        "category:b": "category:c",
    }  # fmt: skip
    assert found.new_nodes[0].names == (Name("zh", "社会资讯"),)


def test_a_new_tag_stands_below_the_lowest_of_the_vendors_groups_that_is_known():
    def node(tag_id, name, parent_id=None):
        return Node(tag_id=tag_id, dimension=tag_id.split(":")[0], parent_id=parent_id, names=(Name("en", name),))

    nodes = [
        node("object:vehicle", "Vehicle"),
        node("object:car", "Car", "object:vehicle"),
        node("place:sedan", "Sedan"),
    ]
    groups = ("Vehicle", "Car", "Sedan", "Transport")
    (made,) = tagged(tag("Limousine", "object", groups=groups), nodes=nodes).new_nodes
    assert (made.tag_id, made.parent_id) == ("object:limousine", "object:car")


def test_a_tag_made_once_is_known_for_the_next_video():
    tagger = Tagger(Vocabulary.of(NODES))
    first = tagger.tagged("v", [VendorResult(vendor="x", tags=(tag("新词"),))])
    second = tagger.tagged("w", [VendorResult(vendor="x", tags=(tag("新词"),))])
    assert [len(one.new_nodes) for one in (first, second)] == [1, 0]
    assert given(first) == given(second) == {"keyword:新词": None}


def test_somebody_without_a_name_is_no_tag():
    found = tagged(tag("未知人脸1", "person", is_named=False))
    assert (found.taggings, found.new_nodes, found.unnamed) == ((), (), ("未知人脸1",))


def test_pages_of_one_answer_are_one():
    parts = [
        tag("car", "object", confidence=sure, occurrences=(Occurrence(start_ms=at, end_ms=at + 5),))
        for at, sure in ((0, 0.5), (9, 0.75))
    ]
    pages = [VendorResult(vendor="x", tags=(one,)) for one in parts]
    found = Tagger(Vocabulary.of(NODES)).tagged("v", pages)
    assert given(found) == {"object:car": 0.75}
    assert [row["start_ms"] for row in found.occurrences] == [0, 9]


def test_occurrences_are_rows_each_start_once_with_their_rectangle():
    frame = Frame(left=0, top=0, right=0.5, bottom=1, unit="share")
    where = (
        Occurrence(start_ms=0, end_ms=9),
        Occurrence(start_ms=0, end_ms=4),
        Occurrence(start_ms=5, end_ms=6, confidence=0.5, frame=frame),
    )
    rows = tagged(tag("car", "object", occurrences=where)).occurrences
    assert [(row["start_ms"], row["end_ms"], row["confidence"]) for row in rows] == [(0, 9, None), (5, 6, 0.5)]
    assert json.loads(rows[1]["box"]) == {"left": 0, "top": 0, "right": 0.5, "bottom": 1, "unit": "share"}
    assert {row["source"] for row in rows} == {"vendor:x"}


def test_a_label_too_long_for_a_name_is_refused():
    with pytest.raises(DataError, match="longer than 500"):
        tagged(tag("x" * 501))


def test_a_video_is_named_by_the_caller_else_by_the_vendor():
    known = VendorResult(vendor="x", media_id="m")
    assert (video_of(known, "v"), video_of(known, None)) == ("v", "m")
    with pytest.raises(DataError, match="say so with --video"):
        video_of(VendorResult(vendor="x"), None)
    with pytest.raises(DataError, match="is no id of a video"):
        video_of(VendorResult(vendor="x", media_id="a\nb"), None)
