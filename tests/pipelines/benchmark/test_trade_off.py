import json

import pytest
from typer.testing import CliRunner

from pipelines.benchmark import protocols
from pipelines.benchmark import trade_off as benchmark
from pipelines.cli.main import build
from recsys.datasets.simulator import SimulatorConfig, simulated_tables
from recsys.errors import ConfigError
from recsys.models.calibrate import CalibrateConfig, HybridConfig

SMALL = SimulatorConfig(n_viewers=120, n_videos=150, n_events=4000, n_tags=24, tags_per_video=4)
RECIPE = HybridConfig(calibrate=CalibrateConfig(viewers=40, depth=20, tune=False))


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(protocols, "READERS", {"small": lambda root: simulated_tables(SMALL)})


def test_it_measures_prints_and_writes(small, tmp_path):
    found = benchmark.run_trade_off(tmp_path, "small", (0.0, 0.5), recipe=RECIPE)
    assert any(line.startswith("cold exposure") and "0.5" in line for line in found.lines())
    found.write(tmp_path / "results")
    told = json.loads((tmp_path / "results" / "trade-off.json").read_text())
    assert told["data"] == "small"
    assert len(told["points"]) == 4 * 2 * 6
    assert (tmp_path / "results" / "trade-off.svg").read_text().startswith("<svg")


def test_an_unknown_data_set_is_refused(small, tmp_path):
    with pytest.raises(ConfigError, match="there are small"):
        benchmark.run_trade_off(tmp_path, "huge")


def test_the_verb_says_what_it_does():
    result = CliRunner().invoke(build(), ["benchmark", "trade-off", "--help"])
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
