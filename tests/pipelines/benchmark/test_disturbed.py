"""Several real workers over HTTP: how soon they show what changed, and what a client notices when one dies."""

import asyncio
import json
import sys
import threading

import pytest

from pipelines.benchmark.chaos import run_chaos
from pipelines.benchmark.freshness import run_freshness
from pipelines.benchmark.load import get
from pipelines.benchmark.retrying import with_one_retry

N_VIDEOS = 300
NOISY_MS = 10_000
"""The aim is a second; a shared machine may take longer, and what never shows takes forever."""
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which worker answers")


@pytest.mark.slow
@needs_proc
def test_every_worker_shows_events_edits_and_new_videos_while_others_write(workspace, tmp_path):
    found = run_freshness(workspace, N_VIDEOS, workers=2, seconds=4)
    print("\n".join(found.lines()))
    found.write(tmp_path / "freshness.json")
    rows = json.loads((tmp_path / "freshness.json").read_text())
    assert [one["change"] for one in rows] == [
        "a viewer's event", "a new video, recommended", "a new tag on a video", "a tag merged into another",
    ]  # fmt: skip
    for row in rows:
        assert row["n"] >= 1
        assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["max_ms"] < NOISY_MS


@pytest.mark.slow
@needs_proc
def test_a_client_with_one_retry_notices_no_publish_rollback_restart_or_death(workspace, tmp_path):
    found = run_chaos(workspace, N_VIDEOS, workers=2, seconds=2, rate=50)
    print("\n".join(found.lines()))
    found.write(tmp_path / "chaos.json")
    rows = json.loads((tmp_path / "chaos.json").read_text())
    assert [one["disturbance"] for one in rows] == ["publish", "rollback", "kill -9 of a worker", "restart (SIGHUP)"]
    for row in rows:
        assert row["requests"] > 20
        assert (row["failed"], row["lost_events"]) == (0, 0)
        assert row["recovered_s"] > 0


def ran(handle):
    """What a client with one retry makes of a server whose every connection is treated so."""

    async def run():
        enough = threading.Event()
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        asyncio.get_running_loop().call_later(0.3, enough.set)
        async with server:
            return await with_one_retry(port, [get("/x")], enough, rate=100, connections=2)

    return asyncio.run(run())


async def _answer(reader, writer, status=b"200 OK"):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


async def _close(writer):
    writer.close()
    await writer.wait_closed()


def test_a_server_that_drops_every_second_request_fails_nothing_but_makes_clients_ask_twice():
    async def handle(reader, writer):
        await _answer(reader, writer)
        await reader.read(1)
        await _close(writer)

    found = ran(handle)
    assert found.n > 2
    assert found.n_failed == 0
    assert found.n_retried > 0
    assert found.answered == {0}


def test_a_server_that_always_drops_or_always_errs_fails_every_request():
    async def drops(_reader, writer):
        await _close(writer)

    async def errs(reader, writer):
        await _answer(reader, writer, b"500 Oops")
        await _close(writer)

    for handle in (drops, errs):
        found = ran(handle)
        assert found.n == found.n_failed == found.n_retried > 0
        assert not found.answered
