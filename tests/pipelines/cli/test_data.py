import json

import pytest
from typer.testing import CliRunner

from pipelines.cli import data
from pipelines.cli.main import build
from pipelines.tagging.weights import MODELS
from recsys.datasets.assets import FetchedAsset
from recsys.datasets.registry import DATA_SETS
from recsys.errors import AssetError
from recsys.tables import Tables


@pytest.fixture
def cli(monkeypatch):
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    return lambda *args: CliRunner().invoke(build(), ["data", *map(str, args)])


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """A data set of one rating that came from a package."""
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "ml-100k.inter").write_text(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t5\t1000\n"
    )
    (folder / "ml-100k.item").write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n2\tHeat\t1995\tCrime\n"
    )
    got = FetchedAsset(path=folder, source_used="carrier==1.0", licence="research", passed_over=("no answer",))
    monkeypatch.setattr(data, "fetch", lambda name, cache, progress: got)


def test_get_says_where_the_bytes_came_from_and_why_not_from_the_publisher(cli, fetched):
    result = cli("get", "ml-100k")
    assert result.exit_code == 0
    assert "from: carrier==1.0" in result.stdout
    assert "passed over: no answer" in result.stdout
    assert "licence: research" in result.stdout
    assert "cite: Harper" in result.stdout


def test_get_can_write_tables_that_ingest_reads(cli, fetched, tmp_path):
    result = cli("get", "ml-100k", "--tables", tmp_path / "as" / "tables", "--json")
    assert json.loads(result.stdout)["tables"] == str(tmp_path / "as" / "tables")
    assert Tables.read(tmp_path / "as" / "tables").events["event_id"].tolist() == ["ml100k:1:2"]


def test_a_data_set_that_cannot_be_had_is_exit_code_1_with_the_next_step(cli, monkeypatch):
    def fail(name, cache, progress):
        raise AssetError(f"{name} cannot be had: no answer; run `tagreel data simulate`")

    monkeypatch.setattr(data, "fetch", fail)
    result = cli("get", "ml-100k")
    assert result.exit_code == 1
    assert "error: ml-100k cannot be had: no answer; run `tagreel data simulate`" in result.stderr


def test_list_names_every_set_with_its_licence_and_how_to_get_it(cli):
    text = cli("list").stdout
    for one in DATA_SETS.values():
        assert one.name in text
        assert one.licence in text
        assert (f"tagreel data get {one.name}\n" in text) == (one.asset is not None)


def test_list_speaks_json(cli):
    rows = json.loads(cli("list", "--json").stdout)["data_sets"]
    assert {row["name"] for row in rows} == set(DATA_SETS)
    assert {"licence", "citation", "needs", "homepage", "gettable", "about"} <= set(rows[0])


def test_simulate_writes_tables_and_says_how_to_go_on(cli, tmp_path):
    folder = tmp_path / "simulated"
    result = cli("simulate", folder, "--viewers", 20, "--videos", 60, "--events", 300, "--tags", 40, "--days", 3)
    assert result.exit_code == 0
    assert len(Tables.read(folder).events) >= 300
    assert f"tagreel ingest --set source.kind=tables --set source.path={folder}" in result.stdout
    assert "simulating" in result.stderr


def test_simulate_counts_what_it_wrote_in_json(cli, tmp_path):
    sizes = ("--viewers", 20, "--videos", 60, "--events", 300, "--tags", 40, "--days", 3)
    summary = json.loads(cli("simulate", tmp_path, *sizes, "--json").stdout)
    assert summary["n_events"] == len(Tables.read(tmp_path).events)


def test_a_size_out_of_range_is_named(cli, tmp_path):
    result = cli("simulate", tmp_path, "--events", 0)
    assert result.exit_code == 1
    assert "n_events is 0; it must be within 1 and" in result.stderr


@pytest.mark.parametrize("verb", ["get", "list", "simulate"])
def test_help_shows_examples(cli, verb):
    assert f"tagreel data {verb}" in cli(verb, "--help").stdout


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Every model comes from a package; which ones were asked for."""
    asked = []

    def fetch(asset, cache, progress):
        asked.append(asset.name)
        progress(1, 2)
        return FetchedAsset(path=tmp_path / asset.name, source_used="carrier==1.0", licence=asset.licence)

    monkeypatch.setattr(data, "fetch_asset", fetch)
    return asked


def test_get_models_gets_each_and_shows_its_licence(cli, models):
    result = cli("get", "models")
    assert result.exit_code == 0
    assert models == list(MODELS)
    for one in MODELS.values():
        assert f"licence: {one.licence}" in result.stdout
    assert "getting whisper-base" in result.stderr


def test_get_takes_the_name_of_one_model(cli, models):
    told = json.loads(cli("get", "nanodet", "--json").stdout)
    assert models == ["nanodet"] == list(told["models"])


def test_a_model_that_cannot_be_had_is_exit_code_1(cli, monkeypatch):
    def fail(asset, cache, progress):
        raise AssetError(f"{asset.name} cannot be had: no answer; {asset.instead}")

    monkeypatch.setattr(data, "fetch_asset", fail)
    result = cli("get", "models")
    assert result.exit_code == 1
    assert (
        "efficientnet-lite2 cannot be had: no answer; run `tagreel data get models` where there is a network"
        in result.stderr
    )


def test_list_names_the_models(cli):
    assert {one["name"] for one in json.loads(cli("list", "--json").stdout)["models"]} == set(MODELS)
    assert "models, for tagging: tagreel data get models" in cli("list").stdout


def test_every_model_file_is_pinned_by_its_bytes():
    for model in MODELS.values():
        for source in model.sources:
            assert all(len(file.sha256) == 64 for file in source.files)
