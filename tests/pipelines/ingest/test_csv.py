import csv
import gzip
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys.errors import DataError

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def written(rows, line_end, bom):
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_MINIMAL if line_end == "\r\n" else csv.QUOTE_ALL  # it overlooks line ends but its own
    csv.writer(file, lineterminator=line_end, quoting=quoting).writerows(rows)
    return (b"\xef\xbb\xbf" if bom else b"") + file.getvalue().encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_any_text_comes_back_whole(ingest_text, texts, line_end, bom):
    rows = [(f"v{n:02}", *pair) for n, pair in enumerate(texts)]
    done = ingest_text("videos", "v.csv", written([("video_id", "title", "description"), *rows], line_end, bom))
    found = [(row["video_id"], row["title"] or "", row["description"] or "") for row in done.rows("videos")]
    assert found == rows
    assert done.rejects == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(ingest_text, content):
    done = ingest_text("videos", "v.csv", b"video_id,title\n" + content)
    count = done.summary.tables["videos"]
    assert count.read == count.kept + count.repeated + count.rejected
    assert count.rejected == len(done.rejects)


def test_a_line_number_is_where_the_row_starts(ingest_text):
    text = 'video_id,title,duration_s\nv1,"two\nlines",1\nv2,x,long\n\n\nv3,"a\r\nb\r\nc",2\n'
    text += 'v4,"x\n\ny",never\nv5,y,z\nv6,last,3'
    done = ingest_text("videos", "v.csv", text)
    assert done.column("videos", "video_id") == ["v1", "v3", "v6"]
    assert done.column("videos", "title") == ["two\nlines", "a\r\nb\r\nc", "last"]
    assert done.rejects == [(line, "duration_s", "is not a number") for line in (4, 10, 13)]


def test_line_numbers_go_on_over_batches(ingest_text, monkeypatch):
    monkeypatch.setattr("pipelines.ingest.csv_reader.BATCH_ROWS", 3)
    rows = [f'v{n:02},"a\nb",{"x" if n % 4 == 3 else n}\n' for n in range(20)]
    done = ingest_text("videos", "v.csv", "video_id,title,duration_s\n" + "".join(rows))
    assert [line for line, _, _ in done.rejects] == [2 + 2 * n for n in range(20) if n % 4 == 3]
    assert len(done.rows("videos")) == 15


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "video_id,title\n", "video_id,title"])
def test_an_empty_file_is_an_empty_table(ingest_text, text):
    done = ingest_text("videos", "v.csv", text)
    assert done.rows("videos") == []
    assert done.rejects == []


def test_an_unknown_column_is_one_reject_of_the_header_and_rows_go_on(ingest_text):
    done = ingest_text("videos", "v.csv", "\nvideo_id,titel,zzz\nv1,x,y\nv2,x,y\n")
    assert done.rejects == [
        (2, "titel", "unknown column; the nearest of videos is title"),
        (2, "zzz", "unknown column; map it in `columns` or list it in `ignore`"),
    ]
    assert done.summary.tables["videos"].kept == 2
    assert done.summary.tables["videos"].rejected == 0


@pytest.mark.parametrize("ignore", [("zzz", "titel"), ("*",)])
def test_columns_to_ignore_are_passed_over(ingest_text, ignore):
    assert ingest_text("videos", "v.csv", "video_id,titel,zzz\nv1,x,y\n", ignore=ignore, strict=True).rejects == []


def test_columns_are_renamed_and_constants_filled_in(ingest_text):
    done = ingest_text(
        "events", "e.csv", "id;user;item;when\n1;u1;v1;1700000000\n", delimiter=";", time_unit="s",
        columns={"event_id": "id", "viewer_id": "user", "video_id": "item", "occurred_at": "when"},
        constants={"event_type": "play", "value": 2},
    )  # fmt: skip
    (row,) = done.rows("events")
    assert (row["event_id"], row["viewer_id"], row["event_type"], row["value"]) == ("1", "u1", "play", 2.0)
    assert row["occurred_at"].isoformat() == "2023-11-14T22:13:20+00:00"


@pytest.mark.parametrize("header, settings, says", [
    ("title", {}, r"no column gives videos\.video_id; it has title.*\[source\.videos\] columns = \{video_id = "),
    ("video_id,title,title", {}, "column title stands twice in the header"),
    ("video_id", {"columns": {"title": "name"}}, "the configuration names column name; it has video_id"),
])  # fmt: skip
def test_a_header_that_cannot_do_is_an_error(ingest_text, header, settings, says):
    with pytest.raises(DataError, match=says):
        ingest_text("videos", "v.csv", header + "\nx\n", **settings)


def test_rows_of_another_width_are_refused(ingest_text):
    done = ingest_text("videos", "v.csv", "video_id,title\nv1\nv2,x\nv3,x,y\n")
    reason = "has another number of fields than the header's 2"
    assert done.rejects == [(2, "", reason), (4, "", reason)]
    assert done.column("videos", "video_id") == ["v2"]


def test_bytes_that_are_not_utf8_cost_their_row_only(ingest_text):
    done = ingest_text("videos", "v.csv", b"video_id,title\nv1,caf\xe9\nv2,caf\xc3\xa9\nv3,\xff\n")
    assert done.column("videos", "title") == ["café"]
    assert done.rejects == [(2, "title", "is not valid UTF-8"), (4, "title", "is not valid UTF-8")]


def test_a_huge_field_costs_its_row_only(ingest_text):
    text = f"video_id,title\nv1,x\nv2,{'y' * 200}\nv3,z\n"
    done = ingest_text("videos", "v.csv", text, source={"max_field_bytes": 100})
    assert done.column("videos", "video_id") == ["v1", "v3"]
    assert done.rejects == [(3, "", "field larger than field limit (100)")]


def test_a_huge_line_is_not_read_into_memory_whole(ingest_text):
    text = f"video_id,title\nv1,x\nv2{',y' * 5000}\nv3,z\n"
    done = ingest_text("videos", "v.csv", text, source={"max_field_bytes": 100})
    assert done.column("videos", "video_id") == ["v1", "v3"]
    assert [line for line, _, _ in done.rejects] == [3]


def test_a_quote_that_is_never_closed_is_a_reject(ingest_text):
    text = 'video_id,title\nv1,"open\n' + "v2,x\n" * 100
    done = ingest_text("videos", "v.csv", text, source={"max_field_bytes": 100})
    assert done.rejects[0][:2] == (2, "")
    assert done.column("videos", "video_id") == ["v2"]


def test_gzip_and_tabs_go_by_the_name(ingest_text):
    done = ingest_text("videos", "v.tsv.gz", gzip.compress(b"video_id\ttitle\nv1\ta,b\n"))
    assert done.column("videos", "title") == ["a,b"]


@pytest.mark.parametrize("content", [gzip.compress(b"video_id\n" + b"v\n" * 9999)[:-20], b"video_id\nv1\n"])
def test_a_broken_gzip_file_is_an_error(ingest_text, content):
    with pytest.raises(DataError, match="is not a whole gzip file"):
        ingest_text("videos", "v.csv.gz", content)
