"""Hostile payloads end in an error that names the place, before they cost anything."""

import json
import tracemalloc

import pytest

from recsys.errors import DataError
from recsys.tags.importers.vendors import READERS, results
from recsys.tags.payload import Limits, parsed

SMALL = Limits(n_bytes=2_000, n_values=100, depth=5, n_characters=50)


@pytest.mark.parametrize(
    "data, says",
    [
        (b"", r"\$ is not JSON"),
        (b"{", r"\$ is not JSON at character 1"),
        (b"\xff\xfe", r"\$ is not UTF-8 at byte 0"),
        (b'{"a": [1, NaN]}', r"\$\.a\[1\] is NaN; JSON numbers are finite"),
        (b'{"a": {"b": -Infinity}}', r"\$\.a\.b is -Infinity"),
        (b'{"a": 1e999}', r"\$\.a is 1e999"),
        (b'{"a": ' + b"9" * 19 + b"}", r"\$\.a has 19 digits; 18 are allowed"),
        (b'{"a": ' + b"9" * 1_900 + b"}", r"\$\.a has 1900 digits"),
        (b'{"a": [{"b": 1, "c": 2, "b": 3}]}', r"\$\.a\[0\] has the key 'b' twice"),
        (b'{"a": {"b": 1}, "a": 2}', r"\$ has the key 'a' twice"),
        (rb'{"a": "\ud800"}', r"\$\.a holds half a character"),
        (rb'{"\udc00": 1}', r"\$ holds half a character"),
        (rb'{"a": ["x\u0000y"]}', r"\$\.a\[0\] holds a NUL character"),
        (b"[" * 6 + b"]" * 6, r"\$\[0\]\[0\]\[0\]\[0\]\[0\] is nested too deep; 5 levels are allowed"),
        (b"x" * 2_001, r"\$ has 2001 bytes; 2000 are allowed"),
        (b"[" + b"{}," * 101 + b"{}]", r"\$ holds up to 204 values; 100 are allowed"),
    ],
)
def test_a_bad_payload_is_refused_by_its_place(data, says):
    with pytest.raises(DataError, match=says):
        parsed(data, SMALL)


def test_a_payload_nested_without_end_ends_in_an_error():
    with pytest.raises(DataError, match="nested too deep; 32 levels are allowed"):
        parsed(b"[" * 400_000 + b"]" * 400_000)


def test_a_bomb_of_many_small_objects_is_refused_before_it_is_built():
    bomb = b"[" + b"{}," * 4_000_000 + b"{}]"
    tracemalloc.start()
    with pytest.raises(DataError, match="values"):
        parsed(bomb)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_a_bomb_inside_a_text_is_refused_by_the_name_of_that_text():
    inner = "[" * 100_000
    with pytest.raises(DataError, match=r"^\$\.Data is nested too deep"):
        results("alibaba-vod", json.dumps({"EventType": "AIVideoTagComplete", "Data": inner}).encode())
    twice = json.dumps({"EventType": "AIVideoTagComplete", "Data": '{"Keyword": [{"Tag": 1, "Tag": 2}]}'})
    with pytest.raises(DataError, match=r"^\$\.Data\.Keyword\[0\] has the key 'Tag' twice"):
        results("alibaba-vod", twice.encode())


def test_what_is_within_the_limits_is_read():
    top = parsed('﻿{"a": {"b": [1, 2.5, "x", null, true]}, "名": "气垫"}'.encode())
    assert [one.value for one in top["a"]["b"]] == [1, 2.5, "x", None, True]
    assert top["名"].text() == "气垫"
    assert top["no"]["such"]["thing"].path == "$.no.such.thing"
    assert (top["no"].text(), list(top["no"]), top["no"].keys(), bool(top["no"])) == ("", [], [], False)


@pytest.mark.parametrize(
    "read, says",
    [
        (lambda top: top["a"]["b"]["c"], r"\$\.a\.b is a list; it must be an object, with 'c' in it"),
        (lambda top: list(top["a"]), r"\$\.a is an object; it must be a list"),
        (lambda top: top["a"].text(), r"\$\.a is an object; it must be text"),
        (lambda top: top["flag"].text(), r"\$\.flag is true or false; it must be text"),
        (lambda top: top["flag"].number(), r"\$\.flag is true or false; it must be a finite number"),
        (lambda top: top["word"].number(), r"\$\.word is 'one'; it must be a number"),
        (lambda top: top["inf"].number(), r"\$\.inf is 'inf'; it must be a finite number"),
        (lambda top: top["none"].number(), r"\$\.none is missing; it must be a finite number"),
        (lambda top: top["word"].keys(), r"\$\.word is 'one'; it must be an object"),
        (lambda top: top["long"].text(), r"\$\.long is 'y+'; it has 51 characters, 50 are allowed"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_its_place(read, says):
    given = {"a": {"b": [1]}, "flag": True, "word": "one", "inf": "inf", "none": None, "long": "y" * 51}
    with pytest.raises(DataError, match=says):
        read(parsed(json.dumps(given).encode(), SMALL))


@pytest.mark.parametrize("vendor", READERS)
@pytest.mark.parametrize("data", [b"{}", b"null", b"7", b'"x"', b'{"x": 1}', b"[[]]", b"[3]"])
def test_what_is_of_no_form_is_refused(vendor, data):
    with pytest.raises(DataError, match=r"^\$"):
        results(vendor, data)


@pytest.mark.parametrize("vendor", READERS)
def test_an_empty_list_of_payloads_holds_no_result(vendor):
    assert results(vendor, b"[]") == []
