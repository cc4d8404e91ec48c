"""Several workers under one command: one that is killed is replaced, and leaves nothing behind in the metrics."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from uvicorn.config import STARTUP_FAILURE

from pipelines.benchmark.servers import Server, service
from pipelines.benchmark.witness import witnessing
from service.cli import WORKER_STARTS_WITHIN_S

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which worker answers")


@pytest.fixture
def server(settings, tmp_path, monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where the workers' numbers go
    with service(settings.store_url, settings.bundles, workers=2) as one:
        yield one


def asked_for_tags(server: Server) -> float:
    """How often the workers say that the tags were asked for."""
    text = httpx.get(f"http://127.0.0.1:{server.port}/metrics", timeout=30).text
    samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
    return sum(
        one.value for one in samples if one.name == "tagreel_requests_total" and one.labels["route"] == "/v1/tags"
    )


def test_a_killed_worker_is_replaced_and_only_what_it_counted_is_kept(server, tmp_path: Path, until):
    with witnessing(server, 2) as before:
        for connection in before.connections.values():
            connection.request("GET", "/v1/tags?q=a")
            connection.getresponse().read()
        killed, other = before.connections
        until(lambda: list(tmp_path.glob(f"tagreel-*/gauge_live*_{killed}.db")))
        assert asked_for_tags(server) == 2
        os.kill(killed, signal.SIGKILL)
        with witnessing(server, 2, frozenset({killed})) as after:
            assert other in after.connections
    assert asked_for_tags(server) == 2
    assert not list(tmp_path.glob(f"tagreel-*/gauge_live*_{killed}.db"))
    assert list(tmp_path.glob(f"tagreel-*/gauge_live*_{other}.db"))


def test_one_killed_while_it_is_asked_whether_it_is_well_is_replaced_at_once(server):
    with witnessing(server, 2) as before:
        killed = next(iter(before.connections))
        os.kill(killed, signal.SIGSTOP)
        time.sleep(1)  # each is asked twice a second
        os.kill(killed, signal.SIGKILL)
        with witnessing(server, 2, frozenset({killed}), within_s=WORKER_STARTS_WITHIN_S - 5):
            pass


def test_sighup_replaces_every_worker_and_sigterm_ends_them_all(settings, tmp_path, monkeypatch, until):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with service(settings.store_url, settings.bundles, workers=2) as server:
        with witnessing(server, 2) as before:
            os.kill(server.pid, signal.SIGHUP)
            with witnessing(server, 2, frozenset(before.connections)) as after:
                pids = [*before.connections, *after.connections]
        assert len(set(pids)) == 4
    until(lambda: not [one for one in pids if Path(f"/proc/{one}").exists()])
    assert not list(tmp_path.glob("tagreel-*"))


def test_a_single_one_leaves_nothing_behind(settings, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    with service(settings.store_url, settings.bundles):
        pass
    assert not list((tmp_path / "temporary").iterdir())


def test_workers_that_cannot_start_end_the_command():
    code = """
import uvicorn
from service.workers import run_several
run_several(uvicorn.Config("json:loads", lifespan="on", workers=2, port=0))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert ran.returncode == STARTUP_FAILURE, ran.stderr


def test_a_setting_that_is_wrong_ends_the_command(settings, tmp_path):
    address = f"sqlite:///{tmp_path}/store.db"
    command = [Path(sys.executable).parent / "tagreel", "serve", "--store", address, "--workers", "2", "--port", "0"]
    environment = {**os.environ, "TAGREEL_LOG_LEVEL": "loud"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 1
    assert "TAGREEL_LOG_LEVEL" in ran.stderr
