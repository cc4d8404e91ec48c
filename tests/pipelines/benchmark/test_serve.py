"""The serving benchmark on a small platform, with real servers."""

import json
import os

import pytest

from pipelines.benchmark.platform import prepared, shelf, viewers_of
from pipelines.benchmark.recall import recall_of_candidates
from pipelines.benchmark.serve import run_serve
from recsys.ranking import retrieve

N_VIDEOS = 300


@pytest.fixture(scope="module")
def platform(workspace):
    return prepared(workspace, N_VIDEOS)


def test_a_platform_is_made_once(platform, workspace):
    live = shelf(platform).live()
    said = []
    assert prepared(workspace, N_VIDEOS, lambda text, _share: said.append(text)) == platform
    assert said == []
    assert shelf(platform).live() == live


def test_viewers_have_about_fifty_events(platform):
    viewers = viewers_of(platform, 40)
    assert len(set(viewers)) == 40
    assert viewers == viewers_of(platform, 40)


def test_recall_is_whole_where_everything_is_scored_and_not_where_hardly_anything_is(platform, monkeypatch):
    assert recall_of_candidates(platform, 5) == 1.0
    monkeypatch.setattr(retrieve, "EXACT", 10)
    monkeypatch.setattr(retrieve, "DEPTH", 30)
    assert 0.1 <= recall_of_candidates(platform, 5) <= 0.31


@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="the load needs a core of its own")
def test_every_route_is_measured_beside_the_ceiling(platform, workspace, tmp_path):
    cores = os.sched_getaffinity(0)
    try:
        found = run_serve([N_VIDEOS], workspace, seconds=0.5)
    finally:
        os.sched_setaffinity(0, cores)
    found.write(tmp_path / "serve.json")
    rows = json.loads((tmp_path / "serve.json").read_text())
    assert [one["route"] for one in rows] == [
        "ceiling", "recommendations", "recommendations, filtered", "recommendations, explained", "similar",
        "events, one", "events, 1,000 at once", "recommendations, nothing kept",
    ]  # fmt: skip
    assert rows[0]["ratio_to_ceiling"] == 1.0
    for row in rows:
        assert row["requests_s"] > 0
        assert 0 < row["p50_ms"] <= row["p99_ms"]
        assert row["rss_mb"] > 10
    assert len(found.lines()) == 1 + len(rows)
