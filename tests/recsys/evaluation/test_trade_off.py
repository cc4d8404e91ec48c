import json

import numpy as np
import pytest

from recsys.errors import ConfigError, DataError
from recsys.evaluation.cold_splits import cold_videos
from recsys.evaluation.curves import curves
from recsys.evaluation.measure import evaluate
from recsys.evaluation.trade_off import RERANKERS, candidates, trade_off
from recsys.models.baselines import BASELINES

FEW = (0.0, 0.5, 0.9)


@pytest.fixture(scope="module")
def fold(platform):
    return cold_videos(platform.data)


@pytest.fixture(scope="module")
def model(fold):
    return BASELINES["ALS + tags"](fold.train)


@pytest.fixture(scope="module")
def points(model, fold):
    return trade_off(model, fold, strengths=FEW, pool=60, n_resamples=100)


def value(points, reranker, strength, metric):
    [one] = [p for p in points if (p.reranker, p.strength, p.metric) == (reranker, strength, metric)]
    return one.value


def test_strength_0_is_the_plain_list_of_every_reranker(points, model, fold):
    plain = evaluate(model, fold, (10,), ("ndcg", "recall", "diversity", "calibration", "coverage"))["all"]
    for reranker in RERANKERS:
        for metric, values in plain.items():
            assert value(points, reranker, 0.0, metric) == pytest.approx(float(np.nanmean(values)))


def test_each_reranker_gets_more_of_what_it_is_for(points):
    for reranker, metric, sign in [
        ("MMR", "diversity@10", 1), ("DPP", "diversity@10", 1), ("calibration", "calibration@10", -1),
        ("cold exposure", "cold share@10", 1),
    ]:  # fmt: skip
        found = [sign * value(points, reranker, strength, metric) for strength in FEW]
        assert found == sorted(found)
        assert found[-1] > found[0]


def test_a_change_is_the_difference_to_strength_0_with_its_interval(points):
    for one in points:
        assert one.change == pytest.approx(one.value - value(points, one.reranker, 0.0, one.metric), abs=1e-9)
        if one.metric != "coverage@10":
            assert one.low <= one.value <= one.high
            assert one.change_low <= one.change <= one.change_high


def test_candidates_are_the_best_of_those_allowed_best_first(model, fold):
    part = fold.slices[0]
    cold = fold.train.events.video_events() == 0
    for at, best, mine in candidates(model, fold, part, cold, 30, fold.train.tags):
        assert (mine.scores[1:] <= mine.scores[:-1]).all()
        assert not set(best) & set(part.exclude[[at]].indices)
        assert (mine.cold == cold[best]).all()
        assert mine.mix.sum() == pytest.approx(1)
        assert mine.tags.shape == (len(best), fold.train.tags.shape[1])


def test_the_same_seed_gives_the_same_points(points, model, fold):
    assert [one.record() for one in trade_off(model, fold, strengths=FEW, pool=60, n_resamples=100)] == [
        one.record() for one in points
    ]


def test_points_are_strict_json(points):
    assert json.loads(json.dumps([one.record() for one in points], allow_nan=False))[0]["reranker"] == "MMR"


def test_the_chart_has_a_panel_for_each_reranker(points):
    drawn = curves(points, title="what it costs")
    assert drawn.startswith("<svg")
    assert all(name in drawn for name in [*RERANKERS, "what it costs", "NDCG@10"])
    assert curves(points, title="what it costs") == drawn


@pytest.mark.parametrize("option", [{"part": "lukewarm"}, {"pool": 5}, {"k": 0}])
def test_what_cannot_be_asked_is_refused(model, fold, option):
    with pytest.raises(ConfigError):
        trade_off(model, fold, **option)


def test_lists_can_be_varied_by_some_of_the_tags(model, fold):
    space = fold.train.tags[:, :5]
    one = trade_off(model, fold, strengths=(0.0,), pool=60, space=space, n_resamples=20)
    plain = evaluate(model, fold, (10,), ("ndcg",))["all"]["ndcg@10"]
    assert value(one, "MMR", 0.0, "ndcg@10") == pytest.approx(float(np.nanmean(plain)))
    assert value(one, "MMR", 0.0, "diversity@10") > 0
    with pytest.raises(DataError, match="space has 3 videos"):
        trade_off(model, fold, space=space[:3])
