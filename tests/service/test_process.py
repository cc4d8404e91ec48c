"""The service as a process: what it loads, and what survives its death."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import create_engine, text

HEAVY = ("pandas", "sklearn", "matplotlib", "ibis", "duckdb", "implicit", "pipelines")


def test_the_app_loads_no_heavy_packages():
    code = f"import service.app, sys; print([one for one in {HEAVY} if one in sys.modules])"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.fixture
def process(settings) -> Iterator[tuple[subprocess.Popen, httpx.Client]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "TAGREEL_STORE_URL": settings.store_url, "TAGREEL_BUNDLES": str(settings.bundles)}
    command = [sys.executable, "-m", "uvicorn", "service.app:create_app", "--factory", "--port", str(port)]
    started = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        yield started, client
    started.kill()
    started.wait()


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_what_was_answered_2xx_survives_kill_minus_nine(process, settings, until):
    server, client = process
    until(lambda: answers(client), within_s=60)
    accepted: list[str] = []

    def send(sender: int) -> None:
        with httpx.Client(base_url=client.base_url, timeout=10) as own:
            for n in range(100_000):
                ids = [f"{sender}-{n}-{i}" for i in range(1 + n % 7)]
                events = [{"event_id": i, "viewer_id": "u", "video_id": "v", "event_type": "play"} for i in ids]
                try:
                    answer = own.post("/v1/events", json=events)
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    accepted.extend(ids)

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: len(accepted) > 300)
    server.send_signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    engine = create_engine(settings.store_url)
    with engine.connect() as connection:
        kept = set(connection.execute(text("select event_id from events")).scalars())
        assert connection.execute(text("pragma integrity_check")).scalar() == "ok"
    engine.dispose()
    assert set(accepted) <= kept
