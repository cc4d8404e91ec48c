import sys
from dataclasses import asdict, dataclass
from types import SimpleNamespace

import pytest

from pipelines.cli.chain import run_all


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
    summary = run_all(make_config(store=store, kind=kind), lambda *_: None, strict=True, force=False)
    names = ["ingest", *(["load"] if loads else []), "join", "train", "evaluate", "publish"]
    assert [name for name, _ in steps] == names
    assert dict(steps)["ingest"] is True
    assert dict(steps)["publish"] is False
    assert summary.lines()[:2] == ["ingest:", "  ingest done"]
    assert list(asdict(summary)["steps"]) == names
