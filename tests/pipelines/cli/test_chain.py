import json
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from pipelines.cli.chain import all_steps
from pipelines.cli.main import build
from recsys.errors import RecsysError


@dataclass(frozen=True)
class Said:
    what: str

    def lines(self):
        return [self.what]


@pytest.fixture
def steps(monkeypatch):
    """Every step replaced by one that notes its name."""
    called = []

    def step(name):
        def call(config, *more):
            called.append((name, more[0] if name == "publish" else more[-1] if name == "ingest" else None))
            return Said(f"{name} done")

        return call

    for module, name in (("ingest.run", "ingest"), ("load", "load"), ("join.run", "join"), ("train", "train"),
                         ("evaluate", "evaluate"), ("publish", "publish")):  # fmt: skip
        monkeypatch.setitem(sys.modules, f"pipelines.{module}", SimpleNamespace(**{name: step(name)}))
    return called


@pytest.mark.parametrize("store, kind, loads", [(None, "files", False), ("sqlite:///x.db", "files", True),
                                                ("sqlite:///x.db", "store", False)])  # fmt: skip
def test_run_does_every_step_in_order(steps, make_config, store, kind, loads):
    config = make_config(store=store, kind=kind)
    for _, step in all_steps(config, strict=True, force=False):
        step(config, lambda *_: None)
    assert [name for name, _ in steps] == [
        "ingest",
        *(["load"] if loads else []),
        "join",
        "train",
        "evaluate",
        "publish",
    ]
    assert dict(steps)["ingest"] is True
    assert dict(steps)["publish"] is False


def refuse(*_):
    raise RecsysError("refused")


def test_what_was_done_before_a_failure_is_shown(steps, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pipelines.publish", SimpleNamespace(publish=refuse))
    done = CliRunner().invoke(build(), ["run"])
    assert done.exit_code == 1
    assert done.stdout.splitlines()[:4] == ["ingest:", "  ingest done", "join:", "  join done"]
    assert done.stderr.splitlines()[-1] == "error: refused"
    done = CliRunner().invoke(build(), ["run", "--json"])
    assert json.loads(done.stdout)["evaluate"] == {"what": "evaluate done"}
    assert done.exit_code == 1


def test_train_joins_first(steps, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(build(), ["train"]).stdout.splitlines()[::2] == ["join:", "train:"]
