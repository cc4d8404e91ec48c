import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from typer.testing import CliRunner

from pipelines.benchmark.child import measured
from pipelines.benchmark.clock import Clock, Cost
from pipelines.benchmark.engines import scipy_profiles, strongest
from pipelines.benchmark.pipeline import PipelineBenchmark, Run
from pipelines.benchmark.setting import Setting
from pipelines.benchmark.steps import STEPS
from pipelines.cli.benchmark import app
from recsys.errors import ConfigError, RecsysError
from recsys.ids import Ids
from recsys.interactions import Interactions
from recsys.schema import DAY_MS

SETTING = Setting(workspace="nowhere", n_events=1000, n_viewers=10, n_videos=20, n_tags=20, tags_per_video=2)
GIB = 2**30


def costs(**changed: Cost) -> dict[str, Cost]:
    return {**dict.fromkeys(STEPS, Cost(2.0, 1.0, GIB)), **changed}


def test_the_bare_product_is_the_one_computed_by_hand():
    events = Interactions(
        Ids.of(["ann", "bob"]), Ids.of(["one", "two"]), np.array([0, 1, 0]), np.array([0, 1, 1]),
        np.array([1, 2, -1], np.float32), np.array([0, 0, 10]) * DAY_MS,
    )  # fmt: skip
    tags = sparse.csr_array(np.array([[1, 0.5, 0.25], [0, 1, 0]], np.float32))
    found = scipy_profiles(events, tags, 10 * DAY_MS, half_life_days=10, top=2)
    np.testing.assert_allclose(found.toarray(), [[0.5, -0.75, 0], [0, 1, 0]])


def test_the_strongest_are_kept_in_column_order():
    matrix = sparse.csr_array(np.array([[3.0, -4, 1, 2], [0, 0, 0, 0], [0, 1, 0, 2]]))
    assert strongest(matrix, 2).toarray().tolist() == [[3, -4, 0, 0], [0, 0, 0, 0], [0, 1, 0, 2]]


def test_only_what_stands_within_the_clock_is_timed():
    before = np.ones(1_000_000)
    with Clock() as clock:
        pass
    assert before.sum()
    assert clock.cost().seconds < 0.1
    assert clock.cost().peak_bytes > 1_000_000


def test_the_table_shows_each_step_and_the_ratios():
    run = Run(SETTING, costs(join=Cost(3.0, 4.0, 2 * GIB)))
    lines = run.lines()
    assert lines[0].startswith("1,000 events of 10 viewers on 20 videos with 2 of 20 tags each")
    assert "join / scipy product: 1.50 × the time, 4.00 × the CPU time, 2.00 × the memory" in lines
    assert run.ring_peak_bytes == 2 * GIB
    assert run.ring_seconds == 13.0


def test_what_is_measured_in_part_and_whole_shows_the_difference():
    run = Run(SETTING, costs(factors=Cost(7.0, 7.0, GIB)))
    assert "factors: 5.0 s besides als" in run.lines()


def test_growth_compares_each_size_with_the_one_before():
    larger = Run(replace(SETTING, n_events=10_000), costs(join=Cost(20.0, 10.0, 3 * GIB)))
    found = PipelineBenchmark([Run(SETTING, costs()), larger])
    assert "  join: 10.00 × the time, 10.00 × the CPU time, 3.00 × the memory" in found.lines()
    assert found.figures()["growth"][0]["join"]["time"] == 10.0
    assert found.figures()["runs"][1]["ring"]["peak_bytes"] == 3 * GIB


def test_a_step_that_fails_says_why(tmp_path):
    with pytest.raises(RecsysError, match=r"the step 'join' ended with 1, saying: .*holds neither events nor videos"):
        measured("join", replace(SETTING, workspace=str(tmp_path)))


def test_a_size_out_of_range_is_named():
    with pytest.raises(ConfigError, match="n_videos is 0; it must be at least 1"):
        replace(SETTING, n_videos=0)


@pytest.mark.slow
def test_the_command_measures_every_step(tmp_path):
    file = tmp_path / "figures.json"
    sizes = ["--events", "500", "--videos", "60", "--tags", "60", "--factors", "4", "--iterations", "1"]
    done = CliRunner().invoke(app, ["pipeline", *sizes, "--json", str(file)])
    assert done.exit_code == 0, done.output
    run = json.loads(file.read_text())["runs"][0]
    assert set(run["costs"]) == set(STEPS)
    assert all(cost["peak_bytes"] > 0 for cost in run["costs"].values())
    assert "als / implicit" in run["ratios"]
