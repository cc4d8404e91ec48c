import json

import pytest
from typer.testing import CliRunner

from pipelines.benchmark.fusion import run_fusion
from pipelines.cli.main import build
from recsys.datasets.labelled_clips import ANALYSERS, ClipConfig
from recsys.errors import ConfigError
from recsys.evaluation.reliability import reliability_chart


@pytest.fixture(scope="module")
def found():
    return run_fusion(ClipConfig(n_clips=60, seed=3))


def test_fusion_beats_every_analyser_and_every_union_on_clips_it_was_not_fitted_on(found):
    by_name = {one.method: one for one in found.scored}
    assert {one.name for one in ANALYSERS} < set(by_name)
    others = [one for name, one in by_name.items() if not name.startswith("fusion")]
    assert all(by_name["fusion"].low > one.f1 for one in others)
    assert all(one.low > 0 for one in found.paired.values())
    assert found.bins["fusion"][1] < found.bins["union, surest"][1]


def test_figures_and_picture_are_written(found, tmp_path):
    found.write(tmp_path / "results")
    told = json.loads((tmp_path / "results" / "fusion.json").read_text())
    assert told["config"] == {"n_clips": 60, "seed": 3}
    assert {one["n_clips"] for one in told["methods"]} == {30}
    assert sum(one["n"] for one in told["reliability"]["fusion"]["bins"]) > 300
    assert (tmp_path / "results" / "fusion-reliability.svg").read_text().startswith("<svg")
    assert len(found.lines()) == 1 + len(found.scored) + 3 + 2


def test_too_few_clips_are_refused():
    with pytest.raises(ConfigError, match="n_clips is 59; it must be at least 60"):
        run_fusion(ClipConfig(n_clips=59))
    assert CliRunner().invoke(build(), ["benchmark", "fusion", "--clips", "59"]).exit_code == 2


def test_a_chart_of_nothing_is_a_chart():
    assert reliability_chart({"nothing": ((), 0.0)}).startswith("<svg")
