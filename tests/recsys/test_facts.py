"""Facts: every value is found where it was told, and only there."""

import json

import numpy as np
import pytest

from recsys.codec import read_object, write_object
from recsys.facts import FLAG, TEXT, Facts, Numbers, Words, attributes, flag, text, words_of


def facts_of(*documents):
    told, counted = attributes((at, json.dumps(one)) for at, one in enumerate(documents) if one is not None)
    return Facts.of(len(documents), told, counted)


def test_words_lead_to_the_videos_that_have_them():
    found = Facts.of(4, [words_of("language", ["en", None, "de", "en"])], [])
    assert found.having(text("language", "en")).tolist() == [0, 3]
    assert found.having(text("language", "fr")).tolist() == []
    assert found.having_any("language").tolist() == [True, False, True, True]
    assert not found.having_any("lang").any()


def test_attributes_are_text_flags_numbers_lists_and_objects():
    found = facts_of({"studio": "north", "kids": True, "year": 0, "cast": ["a", "b"], "on": {"air": "x"}}, None)
    for key in (text("attributes.studio", "north"), flag("attributes.kids", True), text("attributes.cast", "b"),
                text("attributes.on.air", "x")):  # fmt: skip
        assert found.having(key).tolist() == [0], key
    assert found.having(flag("attributes.kids", False)).tolist() == []
    rows, values = found.number("attributes.year")
    assert (rows.tolist(), values.tolist()) == ([0], [0.0])
    assert found.having_any("attributes.year").tolist() == [True, False]


def test_a_value_told_twice_counts_once_and_of_two_numbers_the_larger_stays():
    twice = np.zeros(2, np.int32)
    found = Facts.of(1, [Words("tags", ["a"], twice, twice)], [Numbers("year", twice, np.array([3.0, 2.0]))])
    assert found.having(text("tags", "a")).tolist() == [0]
    assert found.number("year")[1].tolist() == [3.0]


@pytest.mark.parametrize("value", ["", "x" * 300, "a\0", f"a{TEXT}b", f"a{FLAG}", "\ud800", None, {}, [1], 2**60])
def test_what_cannot_be_asked_for_is_left_out(value):
    found = facts_of({"odd": value, "fine": "y"})
    assert len(found.words) == 1
    assert len(found.fields) == 0


def test_what_lies_too_deep_is_left_out():
    deep = "x"
    for _ in range(500):
        deep = {"a": deep}
    assert len(facts_of(deep).words) == 0


def test_nothing_told_is_nothing_found():
    found = Facts.of(3, [], [])
    assert not found.having_any("language").any()
    assert found.number("year")[0].tolist() == []


def test_facts_are_the_same_when_read_again(tmp_path):
    made = facts_of({"studio": "north", "year": 0}, {"year": 4})
    read = read_object(tmp_path, write_object(tmp_path, made), Facts)
    assert read.having(text("attributes.studio", "north")).tolist() == [0]
    assert read.number("attributes.year")[1].tolist() == [0.0, 4.0]


def test_equal_values_in_another_order_make_equal_facts():
    one = facts_of({"a": "x", "b": "y"}, {"a": "z"})
    other = Facts.of(2, reversed(attributes([(1, '{"a": "z"}'), (0, '{"b": "y", "a": "x"}')])[0]), [])
    np.testing.assert_array_equal(one.words.encoded, other.words.encoded)
    np.testing.assert_array_equal(one.holders.indices, other.holders.indices)
