import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.ingest.config import FileConfig
from recsys.errors import ConfigError, DataError
from recsys.schema import TABLES
from recsys.tables import Tables, arrow_schema, frame
from recsys.tags.taxonomy import Taxonomy

HEAD = "event_id,viewer_id,video_id,event_type,occurred_at,watched_s,received_at\n"


def test_events_come_out_sorted_by_time_and_id(ingest_text):
    rows = "b,u,v,play,2026-01-02,,\nz,u,v,play,2026-01-01,,\na,u,v,play,2026-01-02,,\n"
    assert ingest_text("events", "e.csv", HEAD + rows).column("events", "event_id") == ["z", "a", "b"]


def test_a_repeated_event_id_changes_nothing(ingest_text):
    rows = (
        "e1,u,v,play,2026-01-01,1,2026-01-03\ne2,u,v,play,2026-01-01,1,\n"
        "e1,u,v,play,2026-01-01,1,2026-01-04\ne1,u,v,play,2026-01-01,2,\n"
    )
    done = ingest_text("events", "e.csv", HEAD + rows)
    assert [(row["event_id"], row["watched_s"]) for row in done.rows("events")] == [("e1", 1.0), ("e2", 1.0)]
    count = done.summary.tables["events"]
    assert (count.read, count.kept, count.repeated, count.rejected) == (4, 2, 1, 1)
    assert done.rejects == [(5, "event_id", "repeats an earlier row's key with other values; the first stays")]


def test_repeats_are_found_over_batches_and_files(make_config, outcome, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.ingest.csv_reader.BATCH_ROWS", 2)
    for day, ids in (("1", "abcde"), ("2", "efgab")):
        rows = "".join(f"{one},u,v,play,2026-01-01,,\n" for one in ids)
        (tmp_path / f"events-{day}.csv").write_text(HEAD + rows)
    done = outcome(make_config(events=FileConfig(path=tmp_path / "events-*.csv")))
    assert done.column("events", "event_id") == list("abcdefg")
    assert done.summary.tables["events"].repeated == 3


def test_conflicts_beyond_the_cap_are_counted_and_not_written(ingest_text):
    rows = "".join(f"e1,u,v,play,2026-01-01,{n},\n" for n in range(20))
    done = ingest_text("events", "e.csv", HEAD + rows, source={"max_rejects": 5})
    assert len(done.rejects) == 5
    assert list(done.summary.rejects.values()) == [19]
    assert done.summary.tables["events"].rejected == 19


def test_rejects_beyond_the_cap_are_counted_and_not_written(ingest_text):
    rows = "".join(f"e{n},u,v,nap,2026-01-01,,\n" for n in range(20))
    done = ingest_text("events", "e.csv", HEAD + rows, source={"max_rejects": 5})
    assert len(done.rejects) == 5
    assert list(done.summary.rejects.values()) == [20]


def test_a_long_value_is_cut_in_the_rejects_file(ingest_text):
    done = ingest_text("events", "e.csv", HEAD + f"e1,{'u' * 500},v,play,2026-01-01,,\n")
    assert pd.read_csv(done.folder / "rejects.csv")["value"].tolist() == ["u" * 200]


def test_an_event_without_an_id_gets_the_same_one_every_time(ingest_text):
    text = "viewer_id,video_id,event_type,occurred_at\nu,v,play,2026-01-01\nu,v,play,2026-01-01\nu,v,like,2026-01-01\n"
    one, two = (ingest_text("events", "e.csv", text).rows("events") for _ in range(2))
    assert one == two
    assert len({row["event_id"] for row in one}) == 2
    event = {"viewer_id": "u", "video_id": "v", "occurred_at": "2026-01-01T00:00:00Z"}
    lines = [json.dumps(event | {"event_type": kind}) for kind in ("play", "like")]
    assert ingest_text("events", "e.jsonl", "\n".join(lines)).rows("events") == one


def test_strict_fails_at_the_first_bad_row_and_keeps_the_old_tables(ingest_text):
    before = ingest_text("events", "e.csv", HEAD + "e1,u,v,play,2026-01-01,,\n")
    with pytest.raises(DataError, match=r"e\.csv, line 3: watched_s must be at least 0; got '-1'"):
        ingest_text("events", "e.csv", HEAD + "e1,u,v,play,2026-01-01,,\ne2,u,v,play,2026-01-01,-1,\n", strict=True)
    rows = "e1,u,v,play,2026-01-01,1,\ne1,u,v,play,2026-01-01,2,\n"
    with pytest.raises(DataError, match="repeats an earlier row's key"):
        ingest_text("events", "e.csv", HEAD + rows, strict=True)
    assert before.column("events", "event_id") == ["e1"]


@pytest.mark.parametrize("table, text, line, field", [
    ("videos", "video_id,available_from,available_until\nv1,2026-01-02,2026-01-01\nv2,2026-01-01,2026-01-01\n", 2,
     "available_until"),
    ("taggings", "video_id,tag_id,known_at,withdrawn_at\nv1,t,2026-01-02,2026-01-01\nv2,t,2026-01-02,\n", 2,
     "withdrawn_at"),
    ("tag_occurrences", "video_id,tag_id,start_ms,end_ms\nv1,t,5,4\nv2,t,5,5\n", 2, "end_ms"),
])  # fmt: skip
def test_what_ends_before_it_starts_is_refused(ingest_text, table, text, line, field):
    done = ingest_text(table, "x.csv", text)
    ((found_line, found_field, reason),) = done.rejects
    assert (found_line, found_field) == (line, field)
    assert reason.startswith("lies before")
    assert done.column(table, "video_id") == ["v2"]


def test_tags_in_a_circle_are_refused_and_those_below_become_roots(ingest_text):
    rows = ["root,", "child,root", "a,b", "b,c", "c,a", "below,a", "self,self", "lost,nowhere"]
    done = ingest_text("tags", "t.csv", "tag_id,parent_id\n" + "\n".join(rows))
    assert done.column("tags", "tag_id") == ["below", "child", "lost", "root"]
    assert [(line, field) for line, field, _ in done.rejects] == [(n, "parent_id") for n in (4, 5, 6, 8)]
    assert {reason for _, _, reason in done.rejects} == {"its parents form a circle"}
    Taxonomy.of(Tables.read(done.folder).tags)


def test_merges_in_a_circle_and_chains_that_are_too_deep_are_refused(ingest_text):
    deep = "".join(f"d{n:02},{f'd{n - 1:02}' if n else ''},active,\n" for n in range(40))
    text = "tag_id,parent_id,status,merged_into\nm1,,merged,m2\nm2,,merged,m1\nm3,,active,m3\n" + deep
    done = ingest_text("tags", "t.csv", text)
    kept = done.column("tags", "tag_id")
    assert "m1" not in kept
    assert "m3" in kept
    Taxonomy.of(Tables.read(done.folder).tags)
    assert {(field, reason) for _, field, reason in done.rejects} == {
        ("merged_into", "its merges form a circle"), ("parent_id", "is over 32 levels below its root")}  # fmt: skip


def test_videos_that_only_events_or_tags_name_are_added_bare(make_config, outcome, tmp_path):
    (tmp_path / "v.csv").write_text("video_id,title\nv1,x\n")
    (tmp_path / "e.csv").write_text(HEAD + "e1,u,v2,play,2026-01-01,,\ne2,u,v1,play,2026-01-01,,\n")
    (tmp_path / "t.csv").write_text("video_id,tag_id\nv0,t\n")
    names = {"videos": "v", "events": "e", "taggings": "t"}
    done = outcome(make_config(**{table: FileConfig(path=tmp_path / f"{one}.csv") for table, one in names.items()}))
    assert [(row["video_id"], row["title"]) for row in done.rows("videos")] == [("v0", None), ("v1", "x"), ("v2", None)]
    assert done.summary.bare_videos == 2
    assert "videos: 2 more are named by events or tags; added with their id only" in done.summary.lines()


def test_every_table_is_written_in_the_canonical_schema(ingest_text):
    done = ingest_text("events", "e.csv", HEAD + "e1,u,v,play,2026-01-01,,\n")
    for name, table in TABLES.items():
        assert pq.read_schema(done.folder / f"{name}.parquet").equals(arrow_schema(table)), name
    assert len(Tables.read(done.folder).events) == 1


def test_the_same_source_gives_the_same_hash_and_another_another(ingest_text):
    one, two, three = (
        ingest_text("events", "e.csv", HEAD + f"{event},u,v,play,2026-01-01,,\n").summary.content_hash
        for event in ("e1", "e1", "e2")
    )
    assert one == two != three


def some_tables():
    events = {"event_id": ["a", "b"], "viewer_id": ["u", "u"], "video_id": ["v", "v"], "event_type": ["play", "like"],
              "occurred_at": pd.to_datetime(["2026-01-01", "2026-01-02"], utc=True)}  # fmt: skip
    tags = {"tag_id": ["t"], "dimension": ["scene"]}
    return Tables(events=frame(TABLES["events"], events), tags=frame(TABLES["tags"], tags))


def test_a_folder_of_tables_is_read_back_the_same(make_config, outcome, tmp_path):
    (tmp_path / "given").mkdir()
    some_tables().write(tmp_path / "given")
    done = outcome(make_config(kind="tables", path=tmp_path / "given"), strict=True)
    for name in ("events", "tags"):
        assert done.rows(name) == pq.read_table(tmp_path / "given" / f"{name}.parquet").to_pylist()


def test_a_folder_may_hold_csv_and_other_files_but_no_table_twice(make_config, outcome, tmp_path):
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "tags.csv").write_text("tag_id\nt\n")
    (folder / "truth.parquet").write_text("not ours")
    assert outcome(make_config(kind="tables", path=folder)).column("tags", "tag_id") == ["t"]
    (folder / "tags.jsonl").write_text("")
    with pytest.raises(DataError, match=r"holds tags twice: tags\.csv, tags\.jsonl"):
        outcome(make_config(kind="tables", path=folder))


def test_parquet_of_another_make_is_mapped_and_checked(make_config, outcome, tmp_path):
    rows = pa.table({
        "user": pa.array([7, 8, 9], pa.int32()), "video_id": pa.array(["a", "b", None]).dictionary_encode(),
        "event_type": ["play"] * 3, "ts": pd.to_datetime(["2026-01-01 10:00+02:00"] * 3, utc=True),
        "watched_s": [1.5, float("nan"), 2.0], "context": [{"device": "phone"}, None, None], "noise": [1, 2, 3],
    })  # fmt: skip
    pq.write_table(rows, tmp_path / "e.parquet")
    given = FileConfig(path=tmp_path / "e.parquet", columns={"viewer_id": "user", "occurred_at": "ts"})
    done = outcome(make_config(events=given))
    assert sorted(done.column("events", "viewer_id")) == ["7", "8"]
    assert {row["viewer_id"]: (row["watched_s"], row["context"]) for row in done.rows("events")} == {
        "7": (1.5, '{"device": "phone"}'), "8": (None, None)}  # fmt: skip
    assert [(line, field) for line, field, _ in done.rejects] == [(1, "noise"), (3, "video_id")]


@pytest.mark.parametrize("source, error, says", [
    ({}, ConfigError, r"nothing to read: set \[source\.events\] path"),
    ({"events": "none.csv"}, DataError, r"source\.events\.path: .*none\.csv is not a file"),
    ({"events": "none-*.csv"}, DataError, "no file matches"),
    ({"events": "x.txt"}, ConfigError, r"x\.txt ends in none of \.csv"),
    ({"events": "x.parquet"}, DataError, "is not a whole Parquet file"),
    ({"kind": "tables"}, ConfigError, "source.path is None; it must be a folder"),
    ({"kind": "tables", "path": "."}, DataError, "holds no tables such as events.parquet"),
    ({"kind": "store"}, ConfigError, r"store\.url is not set"),
    ({"kind": "dataset"}, ConfigError, r"source\.name is not set; it must be one of .*ml-latest-small"),
    ({"kind": "dataset", "name": "nosuch", "path": "."}, ConfigError, "there is no data set 'nosuch'"),
])  # fmt: skip
def test_a_source_that_cannot_be_read_says_why(make_config, outcome, tmp_path, source, error, says):
    for name in ("x.txt", "x.parquet"):
        (tmp_path / name).write_text("x")
    source = {key: FileConfig(path=tmp_path / one) if key == "events" else one for key, one in source.items()}
    if "path" in source:
        source["path"] = tmp_path
    with pytest.raises(error, match=says):
        outcome(make_config(**source))


def test_a_data_set_is_read_with_its_options(make_config, outcome, tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,5.0,964982703\n2,1,1.0,964982704\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,Toy Story (1995),Adventure|Comedy\n")
    (tmp_path / "tags.csv").write_text("userId,movieId,tag,timestamp\n2,1,funny,1445714994\n")
    config = make_config(kind="dataset", name="ml-latest-small", path=tmp_path, options={"tags": "editor"})
    done = outcome(config, strict=True)
    assert len(done.rows("events")) == 2
    assert set(done.column("taggings", "source")) == {"editor"}
    with pytest.raises(ConfigError, match="cannot be read with these options"):
        outcome(make_config(kind="dataset", name="ml-latest-small", path=tmp_path, options={"tagz": "editor"}))


def test_sorting_goes_to_disk_and_too_little_memory_is_a_clear_error(ingest_text):
    text = HEAD + "".join(f"{n * 7919 % 300_007:030},{n:030},{n:030},play,2026-01-01,,\n" for n in range(300_000))
    done = ingest_text("events", "e.csv", text, source={"memory_mb": 100})
    assert done.summary.tables["events"].kept == 300_000
    with pytest.raises(DataError, match=r"memory_mb is 5, too little to sort these rows even on disk; raise it"):
        ingest_text("events", "e.csv", text, source={"memory_mb": 5})
    assert len(done.rows("events")) == 300_000
