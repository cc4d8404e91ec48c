"""Vendors' results and taxonomies through the command, into a real store and back."""

import json
import sqlite3
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import build
from pipelines.store import prepare_store

SAMPLES = Path(__file__).parents[2] / "recsys" / "tags" / "importers" / "samples"


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    return lambda *args: CliRunner().invoke(build(), list(map(str, args)))


@pytest.fixture
def store(tmp_path, cli):
    """(run a verb with the store, ask the store)."""
    url = f"sqlite:///{tmp_path}/store.db"
    prepare_store(url)

    def ask(sql):
        connection = sqlite3.connect(tmp_path / "store.db")
        try:
            with connection:
                return connection.execute(sql).fetchall()
        finally:
            connection.close()

    ask("INSERT INTO videos (video_id, title, changed_at) VALUES ('v1', 'A video', 5)")
    return lambda *args: cli(*args, "--set", f"store.url={url}"), ask


STANDING = "SELECT tag_id, confidence FROM taggings WHERE withdrawn_at IS NULL ORDER BY 1"


def test_results_are_printed_without_a_store(cli):
    result = cli("tags", "import", "azure", SAMPLES / "azure.json", "--json")
    assert result.exit_code == 0
    (told,) = json.loads(result.stdout)["results"]
    assert [one["label"] for one in told["tags"]][:2] == ["person", "technology"]
    assert cli("tags", "import", "azure", SAMPLES / "azure.json").exit_code == 2


def test_tags_of_a_result_stand_in_the_store_with_their_times(store):
    run, ask = store
    assert run("taxonomy", "import").exit_code == 0
    result = run("tags", "import", "google", SAMPLES / "google.json", "--video", "v1")
    assert (result.exit_code, result.stdout) == (0, "1 videos have 3 tags of this source; 0 were withdrawn\n")
    assert ask(STANDING) == [("logo:google", None), ("object:cat", 0.98), ("object:dog", 0.81)]
    assert ask("SELECT start_ms, end_ms FROM tag_occurrences WHERE tag_id = 'object:dog'") == [(2000, 4500)]
    assert ask("SELECT changed_at > 5, origin FROM videos") == [(1, "api")]


def test_importing_again_changes_nothing_and_what_is_no_longer_said_is_withdrawn(store, tmp_path):
    run, ask = store
    run("tags", "import", "alibaba-vod", SAMPLES / "alibaba-vod-callback.json", "--video", "v1")
    before = ask("SELECT * FROM taggings ORDER BY 2")
    run("tags", "import", "alibaba-vod", SAMPLES / "alibaba-vod-callback.json", "--video", "v1")
    assert ask("SELECT * FROM taggings ORDER BY 2") == before
    ask("INSERT INTO taggings (video_id, tag_id, source) VALUES ('v1', 'keyword:mine', 'editor')")
    (tmp_path / "less.json").write_text('{"Location": [{"Tag": "亚洲", "Times": ["5"]}]}')
    result = run("tags", "import", "alibaba-vod", "less.json", "--video", "v1", "--json")
    assert json.loads(result.stdout)["withdrawn"] == 3
    assert [one for one, _ in ask(STANDING)] == ["keyword:mine", "place:亚洲"]
    assert ask("SELECT start_ms FROM tag_occurrences") == [(5,)]


def test_new_tags_get_their_parents_and_names(store):
    run, ask = store
    run("tags", "import", "azure", SAMPLES / "azure.json", "--video", "v1")
    assert ask("SELECT parent_id FROM tags WHERE tag_id = 'category:international-relations'") == [
        ("category:foreign-policy",)
    ]
    assert ask("SELECT language, name FROM tag_names WHERE tag_id = 'logo:microsoft'") == [("en", "Microsoft")]
    assert ask("SELECT count(*) FROM taggings WHERE tag_id LIKE '%unknown%'") == [(0,)]


def test_a_file_of_many_results_is_imported_whole_or_not_at_all(store, tmp_path):
    run, ask = store
    events = [{"EventType": "AIVideoTagComplete", "MediaId": one, "Status": status,
               "Data": json.dumps({"Keyword": [{"Tag": f"tag {one}"}]})}
              for one, status in (("v1", "success"), ("v2", "success"), ("v3", "fail"))]  # fmt: skip
    (tmp_path / "many.jsonl").write_text("\n".join(map(json.dumps, events)))
    result = run("tags", "import", "alibaba-vod", "many.jsonl")
    assert result.exit_code == 1
    assert "the store has no video 'v2'" in result.stderr
    assert ask(STANDING) == []
    ask("INSERT INTO videos (video_id) VALUES ('v2')")
    summary = json.loads(run("tags", "import", "alibaba-vod", "many.jsonl", "--json").stdout)
    assert (summary["videos"], summary["taggings"], summary["unfinished"]) == (2, 2, ["v3 (failed)"])
    assert [one for one, _ in ask(STANDING)] == ["keyword:tag-v1", "keyword:tag-v2"]


def test_a_result_that_is_not_ready_withdraws_nothing(store, tmp_path):
    run, ask = store
    run("tags", "import", "alibaba-vod", SAMPLES / "alibaba-vod-callback.json", "--video", "v1")
    (tmp_path / "late.json").write_text('{"EventType": "AIVideoTagComplete", "MediaId": "v1", "Status": "processing"}')
    assert run("tags", "import", "alibaba-vod", "late.json").exit_code == 0
    assert len(ask(STANDING)) == 4


def test_an_import_waits_for_a_service_that_keeps_writing(store, tmp_path):
    run, ask = store
    stop = threading.Event()

    def serve():
        connection = sqlite3.connect(tmp_path / "store.db", timeout=30)
        while not stop.wait(0.001):
            with connection:
                connection.execute("UPDATE videos SET title = title || '.'")
        connection.close()

    writer = threading.Thread(target=serve)
    writer.start()
    try:
        codes = {run("tags", "import", "azure", SAMPLES / "azure.json", "--video", "v1").exit_code for _ in range(5)}
        codes.add(run("taxonomy", "import").exit_code)
    finally:
        stop.set()
        writer.join()
    assert codes == {0}
    assert len(ask(STANDING)) == 5


@pytest.mark.parametrize(
    "args, says",
    [
        (("acme", SAMPLES / "aws.json"), "no vendor is called 'acme'; known are alibaba-vod"),
        (("google", SAMPLES / "aws.json"), "aws.json: $ is an object; it must hold annotationResults"),
        (("google", "nosuch.json"), "nosuch.json: No such file"),
        (("aws", SAMPLES / "aws.json"), "a result of aws does not say which video it is of; say so with --video"),
        (
            ("alibaba-vod", SAMPLES / "alibaba-vod-jobs.json", "--video", "v1"),
            "the results are of 2 videos, and one is named",
        ),
    ],
)
def test_what_cannot_be_imported_is_one_message(store, args, says):
    run, ask = store
    result = run("tags", "import", *args)
    assert result.exit_code == 1
    assert says in result.stderr
    assert ask("SELECT count(*) FROM taggings") == [(0,)]


def test_a_taxonomy_goes_into_the_store_and_out_of_it_the_same(store, tmp_path):
    run, ask = store
    run("taxonomy", "import")
    assert ask("SELECT count(*) FROM tags") == [(464,)]
    assert run("taxonomy", "export", "shipped.json", "--shipped").exit_code == 0
    for name in ("out.json", "out.csv", "out.rdf"):
        assert run("taxonomy", "export", name).exit_code == 0
        assert "0 of them new or changed" in run("taxonomy", "import", name).stdout
    assert (
        json.loads((tmp_path / "out.json").read_text())["version"]
        == json.loads((tmp_path / "shipped.json").read_text())["version"]
    )


def test_merges_survive_every_way(store, cli, tmp_path):
    run, ask = store
    run("taxonomy", "export", "tags.json", "--shipped")
    assert cli("taxonomy", "merge", "tags.json", "object:cat", "category:cats").exit_code == 0
    run("taxonomy", "import", "tags.json")
    merged = "SELECT status, merged_into FROM tags WHERE tag_id = 'object:cat'"
    assert ask(merged) == [("merged", "category:cats")]
    result = run("taxonomy", "import")  # the shipped one has it active
    assert "still merged or banned: object:cat" in result.stdout
    assert ask(merged) == [("merged", "category:cats")]
    run("taxonomy", "export", "tags.json")
    (change,) = json.loads((tmp_path / "tags.json").read_text())["changes"]
    assert (change["what"], change["tag_id"], change["into"]) == ("merge", "object:cat", "category:cats")
    run("tags", "import", "google", SAMPLES / "google.json", "--video", "v1")
    assert "category:cats" in dict(ask(STANDING))


def test_names_and_tags_that_only_the_store_has_stay(store, tmp_path):
    run, ask = store
    ask("INSERT INTO tags (tag_id, dimension, status) VALUES ('a', 'object', 'active'), ('mine', 'custom', 'active')")
    ask(
        "INSERT INTO tag_names (tag_id, language, name, is_alias) "
        "VALUES ('a', 'en', 'old', 0), ('a', 'en', 'bad\nname', 0)"
    )
    (tmp_path / "t.csv").write_text("tag_id,dimension,name:zh\na,scene,甲\n")
    assert run("taxonomy", "import", "t.csv").exit_code == 0
    assert ask("SELECT tag_id, dimension FROM tags ORDER BY 1") == [("a", "scene"), ("mine", "custom")]
    assert [name for (name,) in ask("SELECT name FROM tag_names ORDER BY language, name")] == ["bad\nname", "old", "甲"]


def test_a_bad_taxonomy_changes_nothing(store, cli, tmp_path):
    run, ask = store
    (tmp_path / "t.csv").write_text("tag_id,parent_id\na,b\n")
    result = run("taxonomy", "import", "t.csv")
    assert (result.exit_code, ask("SELECT count(*) FROM tags")) == (1, [(0,)])
    assert "t.csv: parent_id of tag 'a' is 'b', which is not there" in result.stderr
    assert run("taxonomy", "export", "t.txt").exit_code == 1
    assert cli("taxonomy", "merge", "t.csv", "a", "b").exit_code == 1
    assert (tmp_path / "t.csv").read_text() == "tag_id,parent_id\na,b\n"
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("store")) == ["t.csv"]
