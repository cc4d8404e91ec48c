import json

import pytest

from pipelines.benchmark import cost
from pipelines.benchmark.cost import CostBenchmark, Fitted, run_cost
from recsys.errors import RecsysError


@pytest.mark.slow
def test_every_size_is_fitted_once_and_costs_something(monkeypatch):
    monkeypatch.setattr(cost, "FIXED_EVENTS", 1_500)
    monkeypatch.setattr(cost, "FIXED_VIDEOS", 80)
    found = run_cost(events=(2_000,), videos=(60,))
    (by_events,), (by_videos,) = found.by_events, found.by_videos
    assert (by_events.n_events, by_events.n_videos) == (2_000, 80)
    assert (by_videos.n_events, by_videos.n_videos) == (1_500, 60)
    assert by_events.fit_s > 0 < by_videos.fit_s
    assert len(found.lines()) == 3


def test_figures_and_picture_are_written(tmp_path):
    one, other = Fitted(100, 10, 1.5, 300.0), Fitted(1000, 10, 2.5, 400.0)
    CostBenchmark([one, other], [one]).write(tmp_path)
    told = json.loads((tmp_path / "cost.json").read_text())
    assert told["by_events"][1] == {"n_events": 1000, "n_videos": 10, "fit_s": 2.5, "peak_mb": 400.0}
    assert (tmp_path / "cost.svg").read_text().startswith("<svg")


def test_a_size_that_cannot_be_says_so():
    with pytest.raises(RecsysError, match="0 events on 3000 videos"):
        run_cost(events=(0,), videos=())
