"""The files in deploy/: what they name is there, and they let the service do no more than it needs."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from pipelines.cli.main import build
from pipelines.config import read_pipeline_config
from service.app import create_app
from service.settings import Settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
OTHERS = {"TAGREEL_CACHE", "TAGREEL_KEY"}
"""Variables that are no settings of the service: of fetched data, and of the doctor."""
UNITS = sorted(one.name for one in DEPLOY.glob("tagreel*.*"))
UsageError = typer.BadParameter.__mro__[1]
INSTALLED = "/opt/tagreel/bin/tagreel"


def known_variables() -> set[str]:
    return {f"TAGREEL_{name.upper()}" for name in Settings.model_fields} | OTHERS


def check_command(words: list[str]) -> None:
    """A `tagreel` command line whose verb and options there are."""
    group = typer.main.get_command(build())
    context = group.make_context("tagreel", list(words), resilient_parsing=True)
    verb = group.get_command(context, words[0])
    assert verb is not None, words
    verb.make_context(words[0], list(words[1:]))  # a usage error where an option is unknown


def check_run(words: list[str], monkeypatch) -> None:
    """A `tagreel run` whose configuration can be read, and whose store is the environment's."""
    monkeypatch.setenv("TAGREEL_STORE_URL", "sqlite:////data/store.db")
    config = read_pipeline_config(None, [one for at, one in enumerate(words) if words[at - 1] == "--set"])
    assert config.source.kind == "store"
    assert config.store.address == "sqlite:////data/store.db"


@pytest.mark.parametrize("words", [["serv"], ["serve", "--wrokers", "2"], ["serve", "--workers", "none"]])
def test_a_command_that_is_not_there_is_noticed(words):
    with pytest.raises((AssertionError, UsageError)):
        check_command(words)


@pytest.fixture
def compose():
    yaml = pytest.importorskip("yaml", reason="needs PyYAML, which the extra dev brings")
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def ours(compose):
    return {name: one for name, one in compose["services"].items() if one["image"] == "tagreel"}


def test_compose_names_verbs_settings_volumes_and_services_that_there_are(compose):
    assert set(ours(compose)) == {"migrate", "service", "tag-worker", "pipeline"}
    for name, one in ours(compose).items():
        assert {key for key in one["environment"] if key.startswith("TAGREEL_")} <= known_variables()
        if name != "pipeline":
            check_command(one["command"])
    for one in compose["services"].values():
        assert set(one.get("depends_on", {})) <= set(compose["services"])
        assert {volume.split(":")[0] for volume in one["volumes"]} <= set(compose["volumes"])
    build = compose["services"]["service"]["build"]
    assert build["args"] == {"REQUIREMENTS": "${REQUIREMENTS:-deploy}"}
    assert (DEPLOY / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).exists()


def test_compose_runs_the_pipeline_again_and_again_whatever_becomes_of_it(compose, monkeypatch, tmp_path):
    [script] = compose["services"]["pipeline"]["command"]
    script = script.replace("$$", "$")
    line = re.search(r"tagreel (run .*?)\|\|", script, re.DOTALL)
    words = shlex.split(line[1].replace("\\\n", " "))
    check_command(words)
    check_run(words, monkeypatch)
    for name, says in (("tagreel", 'echo "$@" >> ran; exit 1'), ("sleep", "[ $(wc -l < ran) -lt 3 ] || kill $PPID")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{says}\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "TAGREEL_STORE_URL": "x", "EVERY_S": "1"}
    subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, env=environment, timeout=30, capture_output=True)
    assert (tmp_path / "ran").read_text().splitlines() == [" ".join(words)] * 3


def test_compose_lets_nobody_in_from_outside_and_ours_write_nowhere_but_to_their_data(compose):
    assert all(port.startswith("127.0.0.1:") for one in compose["services"].values() for port in one.get("ports", ()))
    for one in ours(compose).values():
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["tmpfs"] == ["/tmp"]
        assert one["environment"]["TAGREEL_AUTH"] == "required"
    text = (DEPLOY / "compose.yaml").read_text()
    assert set(re.findall(r"\${POSTGRES_PASSWORD(..)", text)) == {":?"}  # no default for a secret


def instructions():
    """(instruction, the rest of its line) of the Dockerfile, its continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, " ".join(rest.split())) for name, rest in lines]


def test_the_image_is_built_of_files_that_are_there_and_let_through():
    let_through = {
        line.removeprefix("!")
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        if line[:1] == "!"
    }
    copied = {
        source
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert all((ROOT / one).exists() for one in copied)
    assert copied == let_through
    assert {"recsys", "pipelines", "service"} <= copied


def test_the_image_installs_nothing_without_its_hash():
    text = " && ".join(rest for name, rest in instructions() if name == "RUN")
    installs = [one for one in text.split(" && ") if "pip install" in one]
    assert len(installs) == 4
    for one in installs:
        assert "--require-hashes -r requirements/" in one or one.endswith("--no-deps /opt/wheel/tagreel-*.whl")
        for path in re.findall(r"requirements/\S+", one):
            assert all((ROOT / path.replace("${REQUIREMENTS}", kind)).exists() for kind in ("deploy", "tagging"))
    assert ("ARG", "REQUIREMENTS=deploy") in instructions()


def test_the_image_serves_as_a_user_of_its_own_and_tells_whether_it_lives():
    found = instructions()
    names = [name for name, _ in found]
    assert names.count("FROM") == 2
    of = dict(found)
    assert of["USER"] not in ("root", "0")
    assert names.index("USER") < names.index("CMD")
    assert json.loads(of["ENTRYPOINT"]) == ["tagreel"]
    check_command(json.loads(of["CMD"]))
    variables = {one for name, rest in found if name == "ENV" for one in re.findall(r"(TAGREEL_\w+)=", rest)}
    assert variables
    assert variables <= known_variables()
    path = re.search(r"http://127.0.0.1:8080(/\w+)", of["HEALTHCHECK"])[1]
    assert path in create_app(Settings()).openapi()["paths"]


def settings_of(unit: str) -> list[tuple[str, str]]:
    lines = (DEPLOY / unit).read_text().splitlines()
    return [tuple(line.split("=", 1)) for line in lines if "=" in line and not line.startswith("#")]


@pytest.mark.parametrize("unit", [one for one in UNITS if one.endswith(".service")])
def test_a_unit_names_verbs_and_settings_that_there_are_and_is_hardened(unit, monkeypatch):
    found = settings_of(unit)
    commands = [value for name, value in found if name.startswith("ExecStart")]
    assert commands
    for one in commands:
        program, *words = shlex.split(one.replace("$$", "$"))
        assert program == INSTALLED
        check_command(words)
        if words[0] == "run":
            check_run(words, monkeypatch)
    variables = {one for name, value in found if name == "Environment" for one in re.findall(r"(TAGREEL_\w+)=", value)}
    assert variables <= known_variables()
    hardened = {("DynamicUser", "yes"), ("ProtectSystem", "strict"), ("ProtectHome", "yes"), ("NoNewPrivileges", "yes")}
    assert hardened <= set(found)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze on this machine")
def test_systemd_finds_nothing_wrong_and_little_exposed(tmp_path):
    for unit in UNITS:
        (tmp_path / unit).write_text((DEPLOY / unit).read_text().replace(INSTALLED, sys.executable))
    units = [tmp_path / unit for unit in UNITS]
    ran = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    for unit in units:
        if unit.suffix == ".service":
            command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit]
            assert subprocess.run(command, capture_output=True).returncode == 0


def test_the_guide_names_metrics_and_settings_that_there_are(tmp_path):
    text = (ROOT / "docs" / "operations.md").read_text()
    assert set(re.findall(r"TAGREEL_[A-Z_]+", text)) <= known_variables()
    code = "import sys; from service.metrics import Metrics; m = Metrics(); sys.stdout.write(m.text().decode())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    families = set(re.findall(r"# TYPE (\w+)", told))
    for name in set(re.findall(r"tagreel_\w+", text)):
        assert any(name in (one, f"{one}_bucket", f"{one}_count", f"{one}_sum") for one in families), name
    for verb in set(re.findall(r"`tagreel ([a-z]+)", text)):
        group = typer.main.get_command(build())
        assert group.get_command(typer.Context(group), verb) is not None, verb
