"""What evaluation measures, and what it leaves behind."""

import csv
import json
from dataclasses import replace

import pytest

from pipelines.evaluate import evaluate
from pipelines.evaluate_config import EvaluateConfig
from pipelines.join.run import join
from pipelines.methods import LIVE, live_recipe, methods
from pipelines.publish import publish
from pipelines.toml_config import as_dict
from pipelines.train import LATEST, train
from pipelines.workspace import content_hash
from recsys.bundle import read_manifest
from recsys.errors import BundleError, ConfigError, DataError


def report(config, name="report.json"):
    version = read_manifest(config.folders.candidates / LATEST)["version"]
    return config.folders.reports / version / name


def test_the_report_stands_in_every_form_with_all_methods_and_slices(config):
    rows = json.loads(report(config).read_text())
    assert {row["method"] for row in rows} == {"random", "recent popularity", "hybrid"}
    assert {row["slice"] for row in rows} == {"all", "warm", "cold"}
    assert {(row["split"], row["metric"], row["data"]) for row in rows} == {("cold_videos", "ndcg@10", "data")}
    with report(config, "report.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(rows)
    assert "recent popularity" in report(config, "report.html").read_text()


def test_the_gate_file_holds_the_checks_and_no_timings(config):
    gate = json.loads(report(config, "gate.json").read_text())
    assert [one["passed"] for one in gate["checks"]] == [True, True]
    assert len(gate["results"]) == len(json.loads(report(config).read_text()))
    assert not {"fit_s", "peak_mb"} & set(gate["results"][0])


def test_evaluating_again_finds_the_same(config):
    before = report(config, "gate.json").read_bytes()
    summary = evaluate(config)
    assert report(config, "gate.json").read_bytes() == before
    assert summary.report == str(report(config, "report.html"))
    assert summary.lines()[-1] == f"report: {summary.report}"


def test_every_split_can_be_asked_for(config):
    more = EvaluateConfig(
        splits=("cold_viewers", "global_time"), ks=(5,), metrics=("recall",), gate="recall@5", name="mine"
    )
    summary = evaluate(replace(config, evaluate=more))
    rows = json.loads(report(config).read_text())
    assert {row["split"] for row in rows} == {"cold_viewers", "global_time"}
    assert {row["data"] for row in rows} == {"mine"}
    assert [one["name"].split(",")[0] for one in summary.checks] == ["cold_viewers", "global_time"]


def test_without_a_candidate_there_is_nothing_to_evaluate(config):
    (config.folders.candidates / LATEST).unlink()
    with pytest.raises(BundleError, match=r"manifest\.json is missing"):
        evaluate(config)


def test_nothing_is_compared_with_a_live_bundle_before_there_is_one(config):
    assert live_recipe(config) is None
    assert LIVE not in methods(config)


def test_a_live_recipe_that_is_the_candidates_own_is_not_fitted_twice(config):
    publish(config)
    assert as_dict(live_recipe(config)) == as_dict(config.train)
    assert LIVE not in methods(config)


def test_a_live_recipe_that_differs_is_compared(config, other_recipe):
    publish(config)
    changed = other_recipe(config)
    train(changed)
    summary = evaluate(changed)
    rows = json.loads(report(config).read_text())
    assert LIVE in {row["method"] for row in rows}
    assert LIVE in summary.table
    (check,) = [one for one in summary.checks if LIVE in one["name"]]
    assert "better or tie" in check["name"]


def test_what_is_measured_is_the_candidates_recipe_whatever_the_config_says_by_now(config, other_recipe):
    before = report(config, "gate.json").read_bytes()
    evaluate(other_recipe(config))
    assert report(config, "gate.json").read_bytes() == before


def test_a_candidate_is_not_measured_on_data_it_was_not_trained_on(config):
    join(replace(config, join=replace(config.join, cutoff="2025-01-15")))
    with pytest.raises(DataError, match="was trained on other data than joined now"):
        evaluate(config)


@pytest.mark.parametrize(
    "bad, message",
    [
        ({"splits": ()}, "evaluate.splits is empty"),
        ({"splits": ("tomorrow",)}, "evaluate.splits has tomorrow"),
        ({"gate": "ndcg@7"}, "evaluate.gate is 'ndcg@7'; it must be one of ndcg@10, ndcg@20"),
    ],
)
def test_a_bad_setting_is_named(bad, message):
    with pytest.raises(ConfigError, match=message):
        EvaluateConfig(**bad)


def test_a_failed_evaluation_leaves_the_former_report(config, monkeypatch):
    before = content_hash(report(config).parent)

    def fail(comparison):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.evaluate.to_html", fail)
    with pytest.raises(KeyboardInterrupt):
        evaluate(config)
    assert content_hash(report(config).parent) == before


def test_no_more_viewers_are_asked_than_allowed(config):
    evaluate(replace(config, evaluate=replace(config.evaluate, max_viewers=5)))
    rows = json.loads(report(config).read_text())
    assert max(row["n_viewers"] for row in rows) == 5


def test_baselines_can_be_left_out_but_not_those_of_the_gate(config):
    few = replace(config, evaluate=replace(config.evaluate, baselines=()))
    assert set(methods(few)) == {"random", "recent popularity", "hybrid"}
    with pytest.raises(ConfigError, match=r"evaluate\.baselines has guess; it may have random, popularity"):
        EvaluateConfig(baselines=("guess",))
    with pytest.raises(ConfigError, match=r"evaluate\.max_viewers is 0; it must be at least 1"):
        EvaluateConfig(max_viewers=0)
