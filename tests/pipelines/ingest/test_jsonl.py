import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
FREE = {"suppress_health_check": [HealthCheck.function_scoped_fixture], "deadline": None, "max_examples": 40}


@settings(**FREE)
@given(st.lists(st.tuples(TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=2)), max_size=6), st.booleans())
def test_any_text_and_object_comes_back_whole(ingest_text, given_rows, escaped):
    rows = [{"video_id": f"v{n}", "title": title, "attributes": more} for n, (title, more) in enumerate(given_rows)]
    done = ingest_text("videos", "v.jsonl", "\n".join(json.dumps(row, ensure_ascii=escaped) for row in rows))
    found = [
        {"video_id": row["video_id"], "title": row["title"] or "", "attributes": json.loads(row["attributes"])}
        for row in done.rows("videos")
    ]
    assert found == rows
    assert done.rejects == []


@settings(**FREE)
@given(st.lists(st.fixed_dictionaries({"video_id": VALUES}, optional={"title": VALUES, "duration_s": VALUES,
                                       "published_at": VALUES, "attributes": VALUES}), max_size=5))  # fmt: skip
def test_any_json_value_is_kept_or_refused(ingest_text, rows):
    done = ingest_text("videos", "v.jsonl", "\n".join(json.dumps(row) for row in rows))
    count = done.summary.tables["videos"]
    assert count.read == count.kept + count.repeated + count.rejected == len(rows)


def test_bad_lines_are_refused_and_good_ones_go_on(ingest_text):
    lines = [
        '{"video_id": "v1", "title": "fine"}', "", '{"video_id": "v2"', "[1]", '{"video_id": "v3", "titel": "x"}',
        '{"video_id": {"a": 1}}', '{"video_id": "v4", "duration_s": true}', '{"video_id": "v5", "duration_s": NaN}',
        '{"video_id": "v6", "duration_s": 1e999}', '{"video_id": "v7", "title": "\\ud800"}', '{"title": "no id"}',
        '{"video_id": 8}', '{"video_id": "v9", "duration_s": "12.5"}', '{"video_id": "va", "attributes": {"x": 1e999}}',
        "[" * 100_000, '{"video_id": "vb", "title": ["x"]}', '{"video_id": 1.5}',
    ]  # fmt: skip
    done = ingest_text("videos", "v.jsonl", "\n".join(lines))
    assert done.column("videos", "video_id") == ["8", "v1", "v9"]
    assert {line: field for line, field, _ in done.rejects} == {
        3: "", 4: "", 5: "titel", 6: "video_id", 7: "duration_s", 8: "", 9: "duration_s", 10: "title", 11: "video_id",
        14: "attributes", 15: "", 16: "title", 17: "video_id",
    }  # fmt: skip


def test_bytes_that_are_not_utf8_cost_their_row_only(ingest_text):
    done = ingest_text("videos", "v.jsonl", b'{"video_id": "v1", "title": "\xff"}\n{"video_id": "v2"}\r\n')
    assert done.column("videos", "video_id") == ["v2"]
    assert done.rejects == [(1, "title", "is not valid UTF-8")]


def test_whole_numbers_over_64_bits_are_ids_like_others(ingest_text):
    done = ingest_text("videos", "v.jsonl", f'{{"video_id": {2**70}}}\n')
    assert done.column("videos", "video_id") == [str(2**70)]


def test_keys_are_renamed_and_others_ignored(ingest_text):
    done = ingest_text(
        "videos", "v.ndjson", '{"id": "v1", "zzz": {"a": 1}}\n', columns={"video_id": "id"}, ignore=("zzz",)
    )
    assert done.column("videos", "video_id") == ["v1"]


@pytest.mark.parametrize("unit, value", [
    ("iso", '"2026-01-01T00:00:00+01:00"'), ("s", 1767222000), ("ms", 1767222000000), ("s", '"1767222000.0"'),
])  # fmt: skip
def test_times_are_text_or_numbers_by_the_unit(ingest_text, unit, value):
    done = ingest_text("videos", "v.jsonl", f'{{"video_id": "v1", "published_at": {value}}}', time_unit=unit)
    assert done.column("videos", "published_at")[0].isoformat() == "2025-12-31T23:00:00+00:00"


def test_a_huge_line_is_refused_and_the_next_has_its_number(ingest_text):
    text = f'{{"video_id": "v1"}}\n{{"video_id": "{"x" * 5000}"}}\nbad\n'
    done = ingest_text("videos", "v.jsonl", text, source={"max_field_bytes": 100})
    assert [line for line, _, _ in done.rejects] == [2, 3]
