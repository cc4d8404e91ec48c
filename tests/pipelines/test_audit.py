"""`tagreel audit` over a workspace."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipelines.audit import tag_names
from pipelines.cli.main import build
from recsys.datasets.simulator import SimulatorConfig, simulate
from recsys.ids import Ids

PLATFORM = SimulatorConfig(n_viewers=150, n_videos=200, n_events=6000, n_tags=24, tags_per_video=4, days=20)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Ingested and joined."""
    from pipelines.config import PipelineConfig
    from pipelines.ingest.config import SourceConfig
    from pipelines.ingest.run import ingest
    from pipelines.join.run import join

    folder = tmp_path_factory.mktemp("audited")
    simulate(PLATFORM, folder / "made")
    config = PipelineConfig(workspace=folder / "var", source=SourceConfig(kind="tables", path=folder / "made"))
    ingest(config)
    join(config)
    return folder / "var"


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(build(), ["audit", *map(str, args)])


def test_it_prints_tables_and_writes_a_page(cli, workspace, tmp_path):
    result = cli("--set", f"workspace={workspace}", "--out", tmp_path / "report")
    assert result.exit_code == 0, result.output
    assert "Supply and demand" in result.stdout
    assert "What each source adds" in result.stdout
    assert (tmp_path / "report" / "tag-quality.html").read_text().count("<svg") == 2


def test_json_is_the_findings_and_nothing_else(cli, workspace, tmp_path):
    result = cli("--set", f"workspace={workspace}", "--json", "--no-ablate", "--most", 3, "--out", tmp_path)
    told = json.loads(result.stdout)
    assert told["n_videos"] == 200
    assert [len(told[name]) <= 3 for name in ("redundancy", "suspects", "missing", "doubts")] == [True] * 4
    assert told["leakage"] == []


def test_without_a_join_it_says_what_to_do(cli, tmp_path):
    result = cli("--set", f"workspace={tmp_path / 'empty'}")
    assert result.exit_code == 1
    assert "run `tagreel train`" in result.stderr


def test_a_tag_is_named_by_its_first_name_or_by_its_id(tmp_path):
    rows = {"tag_id": ["a:x", "a:x"], "language": "en", "name": ["Alias", "Name"], "is_alias": [True, False]}
    pd.DataFrame(rows).to_parquet(tmp_path / "names.parquet")
    tags = Ids.of(["a:x", "a:y", "z"])
    assert tag_names(tmp_path / "names.parquet", tags) == ["Name", "y", "z"]
    assert tag_names(tmp_path / "none.parquet", tags) == ["x", "y", "z"]
