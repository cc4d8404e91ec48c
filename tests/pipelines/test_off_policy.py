"""`tagreel off-policy` on what the simulator logs."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipelines.cli.main import build
from pipelines.off_policy import estimate
from recsys.datasets.simulator import SimulatorConfig, simulate
from recsys.errors import DataError

PLATFORM = SimulatorConfig(n_viewers=300, n_videos=100, n_events=8000, n_tags=24, tags_per_video=4, slate_size=3)


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """A simulated folder, and the probabilities of the policy that ran as those of another."""
    folder = tmp_path_factory.mktemp("logs")
    simulate(PLATFORM, folder)
    shown = pd.read_parquet(folder / "impressions.parquet")
    same = shown[["request_id", "position", "video_id"]].assign(probability=shown["propensity"])
    same.to_parquet(folder / "same.parquet")
    return folder


def asked(logs, wanted="same.parquet", **more):
    return estimate(logs / "impressions.parquet", logs / "events.parquet", logs / wanted, **more).estimates


def test_the_policy_that_ran_is_worth_its_own_plays(logs):
    logged, ips, snips = asked(logs)
    events = pd.read_parquet(logs / "events.parquet")
    shown = pd.read_parquet(logs / "impressions.parquet")
    plays = events["event_type"].isin(["play", "finish"]).sum()
    assert logged.value == pytest.approx(plays / shown["request_id"].nunique())
    assert (ips.value, snips.value) == pytest.approx((logged.value, logged.value))
    assert ips.n_units == shown["viewer_id"].nunique()


def test_another_reward_is_another_value(logs):
    assert asked(logs, rewards=("like",))[0].value < asked(logs)[0].value


def test_what_is_not_listed_has_probability_0(logs, tmp_path):
    same = pd.read_parquet(logs / "same.parquet")
    same[same["position"] == 0].to_parquet(logs / "first.parquet")
    logged, ips, _ = asked(logs, "first.parquet", reading="slot")
    assert 0 < ips.value < logged.value


def test_propensities_that_cannot_be_are_counted(logs, tmp_path):
    shown = pd.read_parquet(logs / "impressions.parquet")
    shown.loc[:4, "propensity"] = np.nan
    shown.to_parquet(tmp_path / "impressions.parquet")
    with pytest.raises(DataError, match=r"5 of \d+ propensities cannot be used: 5 missing"):
        estimate(tmp_path / "impressions.parquet", logs / "events.parquet", logs / "same.parquet")


@pytest.mark.parametrize("change, says", [
    (lambda same: same.assign(video_id="nowhere"), "belong to no logged impression"),
    (lambda same: pd.concat([same, same[:2]]), "2 rows repeat"),
    (lambda same: same.drop(columns="probability"), "lacks probability"),
    (lambda same: same.assign(probability=np.nan), "probabilities are missing"),
])  # fmt: skip
def test_another_policy_that_does_not_fit_is_refused(logs, change, says):
    change(pd.read_parquet(logs / "same.parquet")).to_parquet(logs / "bad.parquet")
    with pytest.raises(DataError, match=says):
        asked(logs, "bad.parquet")


def test_files_and_rewards_that_are_not_there_are_named(logs, tmp_path):
    with pytest.raises(DataError, match=r"none\.parquet is not there"):
        asked(logs, "none.parquet")
    (tmp_path / "text.parquet").write_text("no")
    with pytest.raises(DataError, match="is no Parquet file"):
        estimate(logs / "impressions.parquet", logs / "events.parquet", tmp_path / "text.parquet")
    with pytest.raises(DataError, match="nap is no type of event"):
        asked(logs, rewards=("nap",))


def test_the_verb_prints_estimates(logs):
    files = ["--impressions", "impressions", "--events", "events", "--wanted", "same"]
    args = [one if one.startswith("--") else str(logs / f"{one}.parquet") for one in files]
    result = CliRunner().invoke(build(), ["off-policy", *args])
    assert result.exit_code == 0, result.output
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["logged", "ips", "snips"]
    told = json.loads(CliRunner().invoke(build(), ["off-policy", *args, "--json", "--reading", "slot"]).stdout)
    assert [one["method"] for one in told["estimates"]] == ["logged", "ips", "snips"]
