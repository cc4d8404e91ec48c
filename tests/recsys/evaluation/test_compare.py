import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest

from recsys.errors import ConfigError, DataError
from recsys.evaluation import measure
from recsys.evaluation.cold_splits import cold_videos, cold_viewers
from recsys.evaluation.compare import compare
from recsys.evaluation.cost import PROCESS
from recsys.evaluation.measure import evaluate, metric_names, rank
from recsys.evaluation.significance import Verdict
from recsys.evaluation.splits import global_time, leave_last
from recsys.evaluation.toy import toy

KEYS = ["data", "split", "slice", "method", "metric", "value", "low", "high", "n_viewers", "fit_s", "peak_mb"]
CROWD = toy(
    "; ".join(f"u{i:02}: " + " ".join(f"v{(i + j * (i % 3 + 1)) % 17:02}" for j in range(9)) for i in range(40))
)


@dataclass(frozen=True)
class Popular:
    counts: np.ndarray

    def score(self, profiles, videos):
        return np.tile(self.counts[videos.rows], (len(profiles), 1))


@dataclass(frozen=True)
class Cheat:
    """Knows what each viewer will be asked for."""

    answers: dict

    def score(self, profiles, videos):
        scores = np.zeros((len(profiles), len(videos)), np.float32)
        for viewer in range(len(profiles)):
            past = frozenset(profiles.index[profiles.indptr[viewer] : profiles.indptr[viewer + 1]].tolist())
            scores[viewer, self.answers[past]] = 1
        return scores


def popular(data):
    return Popular(data.events.video_counts())


def unpopular(data):
    return Popular(-data.events.video_counts())


def cheat(fold):
    part = fold.slices[0]
    profiles = fold.profiles(part.known)
    answers = {
        frozenset(profiles.index[profiles.indptr[u] : profiles.indptr[u + 1]].tolist()): part.truth[[u]].indices
        for u in range(len(fold.viewers))
    }
    return lambda data: Cheat(answers)


def test_one_who_knows_the_answers_scores_one_and_is_better():
    fold = leave_last(CROWD)
    result = compare({"popular": popular, "cheat": cheat(fold)}, [fold], ks=(1,))
    assert result.result("leave_last", "all", "recall@1", "cheat").value == 1
    assert result.test("leave_last", "all", "recall@1", "cheat", "popular").verdict == Verdict.BETTER
    assert result.test("leave_last", "all", "recall@1", "popular", "cheat").verdict == Verdict.WORSE
    assert result.test("leave_last", "all", "recall@1", "cheat", "cheat").verdict == Verdict.TIE


def test_recall_by_hand_in_a_tiny_fold():
    """bob's z is the second most popular of the two videos he has left, w and z."""
    fold = leave_last(toy("ann: w z; bob: x y z; cat: w"), min_positives=3)
    values = evaluate(popular(fold.train), fold, ks=(1, 2), metrics=("recall", "mrr"))["all"]
    assert values["recall@1"].tolist() == [0]
    assert values["recall@2"].tolist() == [1]
    assert values["mrr@2"].tolist() == [0.5]


def test_records_have_exactly_the_agreed_keys_and_the_repeatable_ones_lack_the_costs():
    result = compare({"popular": popular}, [leave_last(CROWD)], metrics=metric_names(), data="crowd")
    assert [list(record) for record in result.records()] == [KEYS] * len(result.results)
    assert [list(record) for record in result.repeatable()] == [KEYS[:-2]] * len(result.results)
    assert {record["metric"] for record in result.records()} == {f"{m}@{k}" for m in metric_names() for k in (10, 20)}
    assert {record["data"] for record in result.records()} == {"crowd"}


def test_every_interval_holds_its_mean():
    result = compare({"popular": popular, "unpopular": unpopular}, [leave_last(CROWD)], ks=(5,))
    rows = [row for row in result.records() if row["n_viewers"]]
    assert len(rows) >= 8
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)


def test_same_seed_same_records_and_chunks_do_not_matter(monkeypatch):
    folds = [leave_last(CROWD), cold_videos(CROWD), cold_viewers(CROWD)]
    methods = {"popular": popular, "unpopular": unpopular}
    first = compare(methods, folds, metrics=metric_names(), seed=3).repeatable()
    monkeypatch.setattr(measure, "SCORES_AT_ONCE", 3 * 17)
    assert compare(methods, folds, metrics=metric_names(), seed=3).repeatable() == first
    assert compare(methods, folds, metrics=metric_names(), seed=4).repeatable() != first


def test_coverage_and_gini_are_of_all_lists_so_they_have_no_interval_and_no_test():
    result = compare({"popular": popular, "other": unpopular}, [leave_last(CROWD)], metrics=("gini",))
    record = result.records()[0]
    assert record["value"] > 0
    assert (record["low"], record["high"], record["n_viewers"]) == (None, None, 40)
    with pytest.raises(DataError, match="of all the lists together"):
        result.test("leave_last", "all", "gini@10", "popular", "other")


def test_folds_of_one_split_are_pooled_by_viewer():
    folds = [cold_videos(CROWD, fold=number) for number in range(5)]
    pooled = compare({"popular": popular}, folds, ks=(5,), metrics=("recall",))
    one = pooled.result("cold_videos", "all", "recall@5", "popular")
    values = [evaluate(popular(fold.train), fold, (5,), ("recall",))["all"]["recall@5"] for fold in folds]
    assert len(one.viewers) == len(np.unique(np.concatenate([fold.viewers for fold in folds])))
    viewer = folds[0].viewers[0]
    mine = [v[fold.viewers == viewer][0] for v, fold in zip(values, folds, strict=True) if viewer in fold.viewers]
    assert len(mine) > 1
    assert one.values[one.viewers == viewer][0] == pytest.approx(np.nanmean(mine))
    assert len({record["split"] for record in pooled.records()}) == 1


def test_scores_of_nan_alone_find_nothing_and_break_nothing():
    fold = leave_last(CROWD)
    lost = replace(popular(fold.train), counts=np.full(17, np.nan))
    values = evaluate(lost, fold, metrics=metric_names())["all"]
    assert (values["recall@10"] == 0).all()
    assert values["coverage@10"] == 0
    assert np.isnan(values["diversity@10"]).all()
    assert np.isnan(values["gini@10"])


def test_lists_are_padded_where_there_are_fewer_candidates_than_k():
    fold = leave_last(toy("ann: x y z; bob: y x w"))
    lists = rank(popular(fold.train), fold, 3)
    assert lists["all"].tolist() == [[0, 3, -1], [3, 0, -1]]  # both have no event, so the one to find comes last
    assert evaluate(popular(fold.train), fold, (3,), ("recall",))["all"]["recall@3"].tolist() == [1, 1]


def test_seen_videos_are_not_listed():
    fold = leave_last(CROWD)
    part = fold.slices[0]
    lists = rank(popular(fold.train), fold, 5)["all"]
    rows = np.repeat(np.arange(len(lists)), 5)
    assert not np.asarray(part.exclude[rows, lists.ravel()]).any()


def test_only_candidates_of_the_slice_are_listed():
    fold = cold_videos(CROWD)
    lists = rank(popular(fold.train), fold, 5)
    for part in fold.slices:
        listed = lists[part.name][lists[part.name] >= 0]
        assert len(listed)
        assert part.candidates[listed].all()


def test_a_fold_nobody_is_asked_in_gives_none_not_an_error():
    records = compare({"popular": popular}, [leave_last(toy("ann: x y"))], metrics=metric_names()).records()
    assert len(records) == 3 * 2 * len(metric_names())
    assert {record["value"] for record in records if record["metric"].startswith(("recall", "novelty"))} == {None}
    assert {record["n_viewers"] for record in records} == {0}


def test_a_viewer_tested_in_one_slice_only_is_not_counted_in_the_other():
    fold = global_time(toy("ann: x y . w; bob: x . y; cat: y"), cutoff=86_400_000)
    counts = {row["slice"]: row["n_viewers"] for row in compare({"popular": popular}, [fold], ks=(1,)).records()}
    assert counts == {"all": 2, "warm": 2, "cold": 1}


def test_unknown_metrics_and_cut_offs_are_refused_before_anything_is_fitted():
    def never(data):
        raise AssertionError("fitted")

    with pytest.raises(ConfigError, match="no metric 'recal'"):
        compare({"never": never}, [leave_last(CROWD)], metrics=("recal",))
    with pytest.raises(ConfigError, match="ks is"):
        compare({"never": never}, [leave_last(CROWD)], ks=(0,))
    with pytest.raises(DataError, match="0 methods"):
        compare({}, [leave_last(CROWD)])


def test_progress_is_told_and_a_missing_result_is_named():
    told = []
    result = compare({"popular": popular}, [leave_last(CROWD)], progress=told.append)
    assert told == ["1 of 1: popular on leave_last"]
    with pytest.raises(DataError, match="nothing@10"):
        result.result("leave_last", "all", "nothing@10", "popular")


def test_comparisons_of_several_data_sets_join():
    both = [compare({"popular": popular}, [leave_last(CROWD)], data=name) for name in ("one", "two")]
    joined = both[0].plus(both[1])
    assert {record["data"] for record in joined.records()} == {"one", "two"}
    assert joined.result("leave_last", "all", "recall@10", "popular", data="two").data == "two"


MEASURING = """
import numpy as np
from recsys.evaluation.cost import measured
def work():
    block = np.ones(40 * 2**17)  # 40 MiB
    return float(block[:10].sum())
for times in range(2):  # the second time below the process's former peak
    total, cost = measured(work)
    print(total, cost.peak_mb)
print(0, measured(lambda: None)[1].peak_mb)
"""


@pytest.mark.skipif(not (PROCESS / "clear_refs").exists(), reason="the peak can be reset on Linux only")
def test_peak_memory_is_what_the_work_held_at_most():
    # A process of its own: in this one, allocators give back what earlier tests held whenever they like.
    done = subprocess.run([sys.executable, "-c", MEASURING], capture_output=True, text=True, check=True)
    (first, its), (second, also), (_, nothing) = (map(float, line.split()) for line in done.stdout.splitlines())
    assert first == second == 10
    assert 35 < its < 80
    assert 35 < also < 80
    assert nothing < 5
