from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.json_check import is_valid_json
from pipelines.ingest.kinds import converted
from pipelines.ingest.times import parsed_times
from recsys.schema import EVENTS, TABLES, TAG_NAMES, TAG_OCCURRENCES, TAGGINGS, VIDEOS, VIEWER_TAGS, Column


def check(values, column, unit="iso", kind=None):
    """[(value or reason)] for each value."""
    array, problems = converted(pa.array(values, kind), column, unit)
    answer = list(array.to_pylist())
    for wrong, reason in reversed(problems):
        for at in np.flatnonzero(wrong):
            answer[at] = reason
    return answer


def test_ids():
    column = EVENTS.column("viewer_id")
    assert check(["a", "", None, "  ", "x" * 200, "x" * 201, "a\0", "é"], column) == [
        "a", "is empty; it is required", "is empty; it is required", "is only spaces; an id is needed", "x" * 200,
        "is longer than 200 characters", "holds a NUL character", "é",
    ]  # fmt: skip
    assert check([1, 2**40], column) == ["1", str(2**40)]
    assert check([1.0], column) == ["is of type double; id is wanted"]
    assert check([None], EVENTS.column("request_id")) == [None]


def test_reals():
    column = EVENTS.column("watched_s")
    text = ["1", "1.5", " 2 ", "+3e2", "-1", "nan", "inf", "1e999", "x", "1_0", "0x10", "", None, "१"]
    too_low, infinite, wrong = "must be at least 0", "is not a finite number", "is not a number"
    assert check(text, column) == [
        1.0, 1.5, 2.0, 300.0, too_low, wrong, wrong, infinite, wrong, wrong, wrong, None, None, wrong
    ]  # fmt: skip
    assert check(["nan", "inf", "-inf"], column) == [infinite, infinite, too_low] or check(["nan"], column) == [
        infinite
    ]
    assert check([1, 2], column) == [1.0, 2.0]
    assert check([float("inf"), None], column) == [infinite, None]
    assert check([True], column) == ["is of type bool; real is wanted"]


def test_ranges_and_defaults():
    assert check(["0", "1", "1.01", "-0.1", ""], TAGGINGS.column("confidence")) == [
        0.0, 1.0, "must be within 0 and 1", "must be within 0 and 1", None]  # fmt: skip
    assert check(["", "3"], VIEWER_TAGS.column("weight")) == [1.0, 3.0]
    assert check([None, "de"], TAG_NAMES.column("language")) == ["en", "de"]


def test_wholes():
    column = TAG_OCCURRENCES.column("start_ms")
    wrong = "is not a whole number"
    assert check(["5", "5.0", "x", "-1", "9" * 30, " 7"], column) == [5, wrong, wrong, "must be at least 0", wrong, 7]
    assert check([5.0, 5.5, 2.0**60, float("inf")], column) == [5, wrong, wrong, wrong]
    assert check([2**64 - 1, 1], column, kind=pa.uint64()) == [wrong, wrong]


def test_flags():
    column = TAG_NAMES.column("is_alias")
    says = "is not a flag; it must be one of true, 1, yes, false, 0, no"
    assert check(["true", "FALSE", "1", "0", "Yes", "maybe", ""], column) == [
        True,
        False,
        True,
        False,
        True,
        says,
        False,
    ]
    assert check([1, 0, 2], column) == [True, False, says]
    assert check([True, None], column) == [True, False]


def test_choices_and_sources():
    column = EVENTS.column("event_type")
    assert check(["play", "Play", None], column) == [
        "play", f"must be one of {', '.join(column.choices)}", "is empty; it is required"]  # fmt: skip
    good = ["editor", "viewer", "vendor:acme", "model:clip/b@1.2+x"]
    bad = ["vendor:", "model:x", "Editor", "editor ", "editorx", "xviewer"]
    answers = check([*good, None, *bad], TAGGINGS.column("source"))
    assert answers[:5] == [*good, "editor"]
    assert all(answer.startswith("is not a source; it must match one of editor, viewer") for answer in answers[5:])


def test_json():
    column = VIDEOS.column("attributes")
    wrong = "is not valid JSON"
    assert check(['{"a": 1}', "{a}", "", None, '{"a": NaN}', '{"nan": "inf"}', "[1]", '{"a":1} x'], column) == [
        '{"a": 1}', wrong, None, None, wrong, '{"nan": "inf"}', "[1]", wrong]  # fmt: skip


@given(st.lists(st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["{}", '{"a":-Infinity}', "[nan]", "1"]))))
def test_valid_json_is_what_the_json_module_can_read(texts):
    def strict(text):
        import json

        try:
            json.loads(text, parse_constant=lambda name: 1 / 0)
        except (ValueError, ZeroDivisionError):
            return False
        return True

    answer = is_valid_json(pa.array(texts, pa.string()))
    assert answer.tolist() == [text is None or strict(text) for text in texts]


ISO_GOOD = {
    "2026-01-31T20:15:00Z": "2026-01-31T20:15:00+00:00",
    "2026-01-31T20:15:00+02:00": "2026-01-31T18:15:00+00:00",
    "2026-01-31T20:15:00.123456-0530": "2026-02-01T01:45:00.123000+00:00",
    "2026-01-31 20:15": "2026-01-31T20:15:00+00:00",
    "2026-01-31": "2026-01-31T00:00:00+00:00",
    " 2026-01-31T20:15:00.123456789Z ": "2026-01-31T20:15:00.123000+00:00",
    "1970-01-01": "1970-01-01T00:00:00+00:00",
    "2100-12-31T23:59:59.999Z": "2100-12-31T23:59:59.999000+00:00",
}
ISO_BAD = [
    "now",
    "today",
    "2026",
    "31.01.2026",
    "2026-02-30",
    "2026-01-01T25:00:00Z",
    "20260131",
    "1700000000",
    "x",
    "NaT",
]
OUTSIDE = ["1969-12-31T23:59:59Z", "2101-01-01", "0001-01-01", "9999-12-31"]


@pytest.mark.parametrize("mix", [False, True])
def test_iso_times_alone_and_among_bad_ones(mix):
    for text, wanted in ISO_GOOD.items():
        array, _ = parsed_times(pa.array([text, *(["x"] if mix else [])]), "iso")
        assert datetime.fromtimestamp(array[0].as_py() / 1000, UTC) == datetime.fromisoformat(wanted), text


def test_bad_times_are_refused_for_what_they_are():
    column = EVENTS.column("occurred_at")
    for values in (ISO_BAD, [*ISO_BAD, *ISO_GOOD]):
        assert all("is not a time such as" in str(answer) for answer in check(values, column)[: len(ISO_BAD)])
    assert check(OUTSIDE, column) == ["lies outside the years 1970 to 2100"] * 4
    assert "set time_unit" in check([1700000000], column)[0]
    assert check([True], column) == ["is of type bool; time is wanted"]


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 12, 30)), st.timedeltas(max_value=pd.Timedelta(hours=14),
       min_value=pd.Timedelta(hours=-14)), st.booleans())  # fmt: skip
def test_any_iso_time_is_what_datetime_says(moment, offset, alone):
    from datetime import timedelta, timezone

    minutes = timedelta(minutes=offset // timedelta(minutes=1))
    aware = moment.replace(tzinfo=timezone(minutes))
    array, problems = parsed_times(pa.array([aware.isoformat(), *([] if alone else ["2026-01-01", "x"])]), "iso")
    assert array[0].as_py() == (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert not any(wrong[0] for wrong, _ in problems)


def test_epoch_times_go_by_their_unit():
    column = EVENTS.column("occurred_at")
    assert check(["1.5", "0", "-1", "x", "nan", "1767222000000", ""], column, "s")[:2] == [1500, 0]
    assert check(["1767222000000"], column, "s") == ['lies outside the years 1970 to 2100; is time_unit "ms" meant?']
    assert check([1767222000000, -1], column, "ms") == [1767222000000, "lies outside the years 1970 to 2100"]
    assert "is not a number of seconds" in check(["2026-01-01", "1"], column, "s")[0]
    assert "is not a number of" in check(["nan"], column, "s")[0]


@pytest.mark.parametrize("array", [
    pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("ns", tz="Europe/Berlin")),
    pa.array([datetime(2026, 1, 1)], pa.timestamp("us")), pa.array([date(2026, 1, 1)]),
    pa.array([date(2026, 1, 1)], pa.date64()), pa.array(["2026-01-01"]),
])  # fmt: skip
def test_arrow_times_of_any_unit_and_zone(array):
    assert parsed_times(array, "iso")[0].to_pylist() == [1767225600000]


def test_a_nested_value_is_json_or_refused():
    from pipelines.ingest.arrow_rows import plain

    nested = pa.array([{"a": [1, None]}, None])
    assert check(plain(nested, "json"), VIDEOS.column("attributes")) == ['{"a": [1, null]}', None]
    assert "is of type struct" in check(plain(nested, "text"), VIDEOS.column("title"))[0]
    assert plain(pa.array(["a", None]).dictionary_encode(), "id").to_pylist() == ["a", None]
    assert plain(pa.array([1.0, float("nan")]), "real").to_pylist() == [1.0, None]
    assert plain(pa.array([Decimal("1.5")]), "real").to_pylist() == [1.5]


def test_every_column_takes_an_all_unknown_batch():
    for table in TABLES.values():
        for column in table.columns:
            answer = check([None, None], column)
            assert answer == (["is empty; it is required"] * 2 if column.required else [column.default] * 2)


def test_a_kind_that_is_new_is_noticed():
    with pytest.raises(KeyError):
        converted(pa.array(["x"]), Column(name="x", kind="novel"), "iso")
