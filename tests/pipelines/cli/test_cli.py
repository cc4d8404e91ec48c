import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest
import typer
from typer.testing import CliRunner

from pipelines.cli import verbs
from pipelines.cli.console import as_text, progress_on
from pipelines.cli.main import build
from recsys.errors import DataError, RecsysError

EVENTS = (
    "event_id,viewer_id,video_id,event_type,occurred_at\ne1,anna,cats,play,2026-01-01\ne2,anna,cats,nap,2026-01-01\n"
)


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "tagreel.toml").write_text('[source.events]\npath = "events.csv"\n')
    return lambda *args: CliRunner().invoke(build(), list(args))


def test_ingest_counts_good_and_bad_rows(cli, tmp_path):
    result = cli("ingest")
    assert result.exit_code == 0
    assert "events: 1 of 2 rows kept, 1 rejected" in result.stdout
    assert "reading events.csv" in result.stderr
    assert (tmp_path / "var" / "tables" / "events.parquet").exists()


def test_json_is_the_summary_and_nothing_else_on_standard_output(cli):
    summary = json.loads(cli("ingest", "--json").stdout)
    assert summary["tables"]["events"] == {"read": 2, "kept": 1, "repeated": 0, "rejected": 1}


def test_a_failure_is_one_message_and_exit_code_1(cli):
    result = cli("ingest", "--strict")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "error: events.csv, line 3: event_type must be one of impression, play, progress, finish, like, dislike, "
        "share, save, skip, hide; got 'nap'. Correct it, or run without --strict to set such rows aside"
    )
    assert "Traceback" not in result.output


def test_debug_shows_the_error_itself(cli):
    assert isinstance(cli("--debug", "ingest", "--strict").exception, DataError)


@pytest.mark.parametrize("args", [("nosuchverb",), ("ingest", "--nosuch"), ("publish", "--force", "--rollback")])
def test_bad_use_is_exit_code_2(cli, args):
    assert cli(*args).exit_code == 2


def test_an_unknown_setting_names_the_nearest(cli):
    result = cli("ingest", "--set", "source.max_reject=3")
    assert result.exit_code == 1
    assert "unknown key source.max_reject; the nearest known key is source.max_rejects" in result.stderr


def test_every_verb_has_help_with_an_example(cli):
    for name in ("ingest", "load", "train", "evaluate", "publish", "run"):
        result = cli(name, "--help")
        assert result.exit_code == 0
        assert f"tagreel {name}" in result.stdout
        assert "Examples:" in result.stdout
        assert name in cli("--help").stdout


def test_verbs_come_through_entry_points(cli, monkeypatch):
    def greet(name: str) -> None:
        """Say hello."""
        print(f"hello {name}")

    group = typer.Typer()
    group.command("list")(lambda: print("listed"))
    group.command("get")(lambda: print("got"))
    planted = {"planted:greet": greet, "planted:group": group}
    monkeypatch.setattr(verbs, "addresses", lambda: {"greet": "planted:greet", "group": "planted:group"})
    monkeypatch.setattr(verbs, "_load", planted.__getitem__)
    assert cli("greet", "Anna").stdout == "hello Anna\n"
    assert cli("group", "list").stdout == "listed\n"
    assert "Say hello" in cli("--help").stdout


def test_a_plugin_that_cannot_be_imported_breaks_only_itself(cli, monkeypatch):
    monkeypatch.setattr(verbs, "addresses", lambda: {"serve": "no_such_package.cli:serve"})
    result = cli("serve")
    assert result.exit_code == 1
    assert "serve cannot be loaded from no_such_package.cli:serve: No module named 'no_such_package'" in result.stderr
    assert "Not available" in cli("--help").stdout
    assert cli("ingest").exit_code == 0


@pytest.mark.parametrize("error, code, says", [
    (PermissionError(13, "Permission denied", "/x"), 1, "error: /x: Permission denied"),
    (KeyboardInterrupt(), 130, "everything on disk is as it was"), (RecsysError("it broke"), 1, "error: it broke"),
    (BrokenPipeError(32, "Broken pipe"), 1, "error: the system: Broken pipe"),
])  # fmt: skip
def test_errors_of_plugins_are_treated_alike(cli, monkeypatch, error, code, says):
    def fail() -> None:
        raise error

    monkeypatch.setattr(verbs, "addresses", lambda: {"fail": "planted:fail"})
    monkeypatch.setattr(verbs, "_load", lambda _: fail)
    result = cli("fail")
    assert result.exit_code == code
    assert says in result.stderr


def test_help_does_not_wait_for_the_heavy_libraries():
    heavy = "('pandas', 'sklearn', 'implicit', 'numpy', 'duckdb', 'sqlalchemy')"
    code = f"import sys, pipelines.cli.main as m; m.build(); print([x for x in {heavy} if x in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_ctrl_c_leaves_the_tables_as_they_were(cli, tmp_path):
    cli("ingest")
    before = os.readlink(tmp_path / "var" / "tables")
    rows = "".join(f"e{n},anna,cats,play,2026-01-01\n" for n in range(600_000))
    (tmp_path / "events.csv").write_text(EVENTS.splitlines(keepends=True)[0] + rows)
    heard = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # behind a shell's & it is ignored
    )
    command = [sys.executable, "-c", f"{heard}; from pipelines.cli.main import main; main()", "ingest"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline() == "reading events.csv\n"
        process.send_signal(signal.SIGINT)
        assert "everything on disk is as it was" in process.stderr.read()
    assert process.returncode == 130
    assert os.readlink(tmp_path / "var" / "tables") == before
    assert [path.name for path in (tmp_path / "var").iterdir() if path.name.startswith(".tmp-")] == []


def test_progress_off_a_terminal_is_one_line_for_each_thing(capsys):
    with progress_on() as progress:
        for done in (0.1, 0.2, 1.0):
            progress("reading a.csv", done)
        progress("sorting events", None)
    assert capsys.readouterr().err == "reading a.csv\nsorting events\n"


def test_progress_on_a_terminal_draws_bars():
    class Terminal:
        def __init__(self):
            self.text = ""

        def write(self, text):
            self.text += text

        def flush(self):
            pass

        def isatty(self):
            return True

    terminal = Terminal()
    with progress_on(terminal) as progress:
        progress("reading a.csv", 0.5)
        progress("sorting events", None)
    assert re.search("sorting events", terminal.text)


def test_json_text_is_strict():
    @dataclass(frozen=True)
    class Number:
        def item(self):
            return 3

    assert json.loads(as_text({"a": float("nan"), "b": (1.5, Number()), "c": {1: None}})) == {
        "a": None, "b": [1.5, 3], "c": {"1": None}}  # fmt: skip
