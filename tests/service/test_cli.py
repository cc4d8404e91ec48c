"""The service's commands, run as a user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.settings import Settings


def tagreel(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = "from pipelines.cli.main import main; main()"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TAGREEL_")}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def where(settings: Settings) -> list[str]:
    return ["--store", settings.store_url, "--bundles", str(settings.bundles)]


def test_recommend_prints_what_the_api_answers_to_the_last_digit(client, where, tmp_path: Path):
    for video, kind in (("video-003", "like"), ("video-007", "finish"), ("video-011", "skip")):
        client.post("/v1/events", json={"viewer_id": "u", "video_id": video, "event_type": kind, "watched_s": 3})
    client.patch("/v1/viewers/u/profile", json={"weigh": {"category:cooking": 0.7}})
    client.put("/v1/videos/fresh", json={"title": "Fresh", "tags": ["category:cooking"]})
    body = {"viewer_id": "u", "n": 15, "tags": {"object:phone": 0.3}}
    api = client.post("/v1/recommendations", json=body).json()
    client.post("/v1/events", json={"viewer_id": "u", "video_id": "video-020", "event_type": "like"})  # later
    options = ["--n", "15", "--tags", "object:phone=0.3", "--now", api["as_of"], "--json"]
    ran = tagreel("recommend", "u", *options, *where, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert {**said, "request_id": None} == {**api, "request_id": None}


def test_recommend_prints_a_table_with_reasons(client, where, tmp_path: Path):
    client.put("/v1/videos/fresh", json={"title": "Fresh", "tags": ["category:cooking"]})
    ran = tagreel("recommend", "new", "--tags", "category:cooking=5", "--n", "3", *where, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) == 7
    assert "tag category:cooking" in ran.stdout


def test_migrate_makes_a_store_and_says_its_revision(tmp_path: Path):
    ran = tagreel("migrate", "--store", f"sqlite:///{tmp_path}/new/s.db", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "the store's schema is 0006\n")
    assert (tmp_path / "new" / "s.db").exists()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["recommend", "u", "--tags", "cat"], "cat=1,dog=-1"),
        (["recommend", "u", "--tags", "cat=99"], "tags.cat is '99'"),
        (["recommend", "u", "--now", "noon"], "ISO 8601"),
        (["recommend", "u"], "tagreel run"),
        (["migrate", "--store", "mysql://x/y"], "sqlite or postgresql"),
        (["serve", "--store", "sqlite://"], "names no file"),
    ],
)
def test_bad_use_is_one_line_that_says_what_to_do(tmp_path: Path, arguments: list[str], said: str):
    ran = tagreel(*arguments, cwd=tmp_path)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
