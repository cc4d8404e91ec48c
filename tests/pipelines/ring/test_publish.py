"""Publishing: the gate holds, force is on record, the shelf goes forward and back."""

import json
import shutil
from dataclasses import replace

import pytest

from pipelines import methods
from pipelines.evaluate import evaluate
from pipelines.publish import RefusedError, publish, rollback
from pipelines.train import LATEST, train
from recsys.bundle import open_bundle, read_manifest
from recsys.errors import BundleError, DataError
from recsys.models.random_order import fit_random
from recsys.shelf import Shelf


def shelf(config):
    return Shelf(config.folders.bundles)


def fail_gate(config):
    """Make the candidate's report one of a failed check."""
    version = read_manifest(config.folders.candidates / LATEST)["version"]
    path = config.folders.reports / version / "gate.json"
    gate = json.loads(path.read_text())
    gate["checks"][0] |= {"passed": False, "found": "worse on 100 viewers"}
    path.write_text(json.dumps(gate))
    return gate


def publication(config):
    return read_manifest(shelf(config).folder(shelf(config).live()))["publication"]


def test_a_candidate_that_passed_goes_live_with_its_results_on_record(config):
    summary = publish(config)
    assert shelf(config).live() == summary.version
    assert not summary.forced
    told = publication(config)
    assert told["forced"] is False
    assert told["checks"] == summary.checks
    assert {one["method"] for one in told["results"]} >= {"hybrid", "random"}
    assert summary.lines()[-1] == f"live: {summary.version}, having passed every check"
    assert open_bundle(shelf(config).folder(summary.version)).version == summary.version


def test_a_candidate_that_failed_is_refused_and_the_live_bundle_stays(config, other_recipe):
    first = publish(config).version
    train(other_recipe(config))
    evaluate(other_recipe(config))
    fail_gate(config)
    with pytest.raises(RefusedError, match=r"REFUSED cold_videos.*worse on 100 viewers\n.*--force overrides"):
        publish(config)
    assert shelf(config).history() == [first]


def test_a_recipe_that_ranks_by_chance_does_not_pass(config, monkeypatch):
    monkeypatch.setattr(methods, "fit_hybrid", lambda data, recipe: fit_random(data))
    summary = evaluate(config)
    assert not all(one["passed"] for one in summary.checks)
    with pytest.raises(RefusedError, match="is not published"):
        publish(config)
    assert shelf(config).live() is None


def test_force_publishes_all_the_same_and_is_on_record(config):
    gate = fail_gate(config)
    summary = publish(config, force=True)
    assert summary.forced
    assert "by force, against the gate" in summary.lines()[-1]
    assert publication(config)["forced"] is True
    assert publication(config)["checks"] == gate["checks"]


def test_force_that_was_not_needed_is_not_held_against_a_bundle(config):
    assert not publish(config, force=True).forced
    assert publication(config)["forced"] is False


def test_without_a_report_nothing_is_published_but_by_force(config):
    shutil.rmtree(config.folders.reports)
    with pytest.raises(DataError, match="has no report; run `tagreel evaluate` first"):
        publish(config)
    assert shelf(config).live() is None
    assert publish(config, force=True).forced
    assert publication(config) == {"forced": True, "checks": [], "results": []}


def test_a_report_of_another_candidate_does_not_count(config, other_recipe):
    train(other_recipe(config))
    with pytest.raises(DataError, match="has no report"):
        publish(config)


def test_an_altered_candidate_is_refused_by_the_files_name(config):
    folder = config.folders.candidates / LATEST
    victim = max(folder.glob("*.npy"), key=lambda path: path.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[-1] ^= 1
    victim.write_bytes(bytes(content))
    for force in (False, True):
        with pytest.raises(BundleError, match=f"{victim.name} was altered"):
            publish(config, force)
    assert shelf(config).live() is None


def test_without_a_candidate_there_is_nothing_to_publish(config):
    (config.folders.candidates / LATEST).unlink()
    with pytest.raises(BundleError, match=r"manifest\.json is missing"):
        publish(config)


def test_publishing_the_live_bundle_again_changes_nothing(config):
    first = publish(config)
    before = open_bundle(shelf(config).folder(first.version)).manifest
    assert publish(config) == first
    assert shelf(config).history() == [first.version]
    assert open_bundle(shelf(config).folder(first.version)).manifest == before


def test_a_damaged_copy_on_the_shelf_is_replaced_by_the_whole_candidate(config):
    version = publish(config).version
    victim = next(shelf(config).folder(version).glob("*.npy"))
    victim.write_bytes(b"")
    assert publish(config).version == version
    assert open_bundle(shelf(config).folder(version)).version == version


@pytest.fixture
def two(config, other_recipe):
    """Two published versions, the second live."""
    first = publish(config).version
    changed = other_recipe(config)
    train(changed)
    return first, publish(replace(changed), force=True).version


def test_rolling_back_makes_the_former_bundle_live_and_says_so(config, two):
    first, second = two
    summary = rollback(config)
    assert summary.version == first == shelf(config).live()
    assert summary.lines() == [f"live again: {first}"]
    assert open_bundle(shelf(config).folder(second)).version == second


def test_after_rolling_back_the_candidate_can_be_published_again(config, two):
    rollback(config)
    assert publish(config, force=True).version == two[1]
    assert shelf(config).history() == list(two)


def test_there_is_no_way_back_from_the_first_bundle(config):
    publish(config)
    with pytest.raises(BundleError, match="nothing to roll back to"):
        rollback(config)


def test_a_damaged_former_bundle_does_not_go_live_again(config, two):
    victim = next(shelf(config).folder(two[0]).glob("*.npy"))
    victim.unlink()
    with pytest.raises(BundleError, match=f"{victim.name} is missing"):
        rollback(config)
    assert shelf(config).live() == two[1]
