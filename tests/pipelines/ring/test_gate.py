"""The gate's conditions on planted results."""

import numpy as np
import pytest

from pipelines.gate import Check, checks
from pipelines.methods import HYBRID, LIVE
from recsys.evaluation.compare import Comparison, Result

N = 60


def result(split, part, method, level, n=N, metric="ndcg@10"):
    """Viewers' values around a level; the noise is the same for all methods but for a little."""
    rng = np.random.default_rng(1)
    own = np.random.default_rng(len(method))
    values = level + rng.normal(0, 0.1, n) + own.normal(0, 0.01, n)
    mean = float(values.mean()) if n else np.nan
    return Result("data", split, part, method, metric, mean, mean, mean, np.arange(n, dtype=np.int32), values)


def of(*results):
    return Comparison(tuple(results), {})


def passed(comparison, metric="ndcg@10"):
    return {one.name: one.passed for one in checks(comparison, metric)}


@pytest.mark.parametrize("level, expected", [(0.6, True), (0.5, False), (0.4, False)])
def test_it_has_to_beat_recent_popularity_not_just_tie(level, expected):
    found = passed(
        of(result("leave_last", "all", HYBRID, level), result("leave_last", "all", "recent popularity", 0.5))
    )
    assert found == {"leave_last, all videos: better than recent popularity": expected}


@pytest.mark.parametrize("level, expected", [(0.6, True), (0.7, True), (0.8, False)])
def test_it_must_not_be_worse_than_the_live_recipe_but_may_tie(level, expected):
    levels = {HYBRID: 0.7, "recent popularity": 0.5, LIVE: level}
    found = passed(of(*(result("leave_last", "all", method, at) for method, at in levels.items())))
    assert found["leave_last, all videos: better or tie than live recipe"] == expected


@pytest.mark.parametrize("level, expected", [(0.6, True), (0.3, False)])
def test_on_new_videos_it_has_to_beat_chance(level, expected):
    found = passed(
        of(
            *(result("cold_videos", "all", method, at) for method, at in ((HYBRID, 0.7), ("recent popularity", 0.5))),
            *(result("cold_videos", "cold", method, at) for method, at in ((HYBRID, level), ("random", 0.3))),
        )
    )
    assert found["cold_videos, cold videos: better than random"] == expected


def test_every_split_is_held_to_the_conditions():
    rows = [
        result(split, "all", method, 0.6 if method == HYBRID else 0.5)
        for split in ("leave_last", "global_time") for method in (HYBRID, "recent popularity", LIVE)
    ]  # fmt: skip
    assert len(passed(of(*rows))) == 4


def test_what_was_not_measured_is_refused_and_says_so():
    (check,) = checks(of(result("leave_last", "all", HYBRID, 0.6)), "ndcg@10")
    assert not check.passed
    assert "not measured" in check.found
    assert check.line().startswith("REFUSED leave_last")


def test_a_metric_that_was_not_measured_is_refused():
    rows = [result("leave_last", "all", method, 0.6) for method in (HYBRID, "recent popularity")]
    assert not any(passed(of(*rows), "recall@20").values())


def test_nobody_to_measure_on_is_no_reason_to_pass():
    rows = [result("leave_last", "all", method, 0.6, n=0) for method in (HYBRID, "recent popularity")]
    assert not any(passed(of(*rows)).values())


def test_a_line_says_how_it_came_out_and_on_how_many():
    rows = result("leave_last", "all", HYBRID, 0.6), result("leave_last", "all", "recent popularity", 0.5)
    (check,) = checks(of(*rows), "ndcg@10")
    assert check.line().startswith("ok      leave_last, all videos: better than recent popularity: ndcg@10 0.")
    assert "better on 60 viewers" in check.found
    assert Check("a", False, "b").line() == "REFUSED a: b"
