"""The live bundle: reloaded under load without a failed request, and never replaced by a bad one."""

import asyncio
import json
import threading
from pathlib import Path

import httpx
import pytest

from recsys.bundle import MANIFEST
from recsys.shelf import POINTER, Shelf
from service.live import repeat


def ready(client: httpx.Client) -> dict:
    return client.get("/readyz").json()


def test_a_published_bundle_goes_live_and_a_rolled_back_one_too(client: httpx.Client, shelf: Shelf, made, until):
    assert ready(client)["bundle"] == made.versions[0]
    shelf.point_to(made.versions[1])
    until(lambda: ready(client)["bundle"] == made.versions[1])
    shelf.roll_back()
    until(lambda: ready(client)["bundle"] == made.versions[0])
    assert ready(client)["n_loaded"] == 3


def test_the_first_bundle_goes_live_without_a_restart(serve, settings, shelf: Shelf, made, until):
    (shelf.root / POINTER).unlink()
    client = serve(settings)
    assert client.get("/readyz").status_code == 503
    shelf.point_to(made.versions[0])
    until(lambda: client.get("/readyz").status_code == 200)


def test_reloading_under_load_fails_no_request_and_mixes_no_bundles(client: httpx.Client, shelf: Shelf, made, until):
    stop, failures, answers = threading.Event(), [], []
    versions = set(made.versions)
    expected = {}

    def hammer() -> None:
        with httpx.Client(base_url=client.base_url, timeout=30) as own:
            while not stop.is_set():
                answer = own.post(
                    "/v1/recommendations", json={"tags": {"category:cooking": 1.0}, "n": 10, "log": False}
                )
                body = answer.json()
                if answer.status_code != 200 or body["bundle"] not in versions or len(body["videos"]) != 10:
                    failures.append(body)
                    continue
                answers.append(body["bundle"])
                scores = [(one["video_id"], one["score"]) for one in body["videos"]]
                if expected.setdefault(body["bundle"], scores) != scores:
                    failures.append(body)

    threads = [threading.Thread(target=hammer) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            shelf.point_to(made.versions[1])
            until(lambda: ready(client)["bundle"] == made.versions[1])
            shelf.roll_back()
            until(lambda: ready(client)["bundle"] == made.versions[0])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert set(answers) == versions
    assert len(answers) > 20


def _truncate(folder: Path) -> Path:
    largest = max(folder.glob("*.npy"), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-100])
    return largest


def _tamper(folder: Path) -> Path:
    largest = max(folder.glob("*.npy"), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[-5] ^= 0xFF
    largest.write_bytes(bytes(content))
    return largest


def _remove(folder: Path) -> Path:
    first = min(folder.glob("*.npy"))
    first.unlink()
    return first


def _edit_manifest(folder: Path) -> Path:
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["data"]["as_of"] += 1
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder / MANIFEST


def _cut_manifest(folder: Path) -> Path:
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text()[:200])
    return folder / MANIFEST


@pytest.mark.parametrize("damage", [_truncate, _tamper, _remove, _edit_manifest, _cut_manifest])
def test_a_damaged_bundle_is_refused_by_name_while_the_old_one_serves(
    client: httpx.Client, shelf: Shelf, made, until, damage
):
    damaged = damage(shelf.folder(made.versions[1]))
    shelf.point_to(made.versions[1])
    until(lambda: ready(client)["n_refused"])
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["bundle"] == made.versions[0]
    assert str(damaged) in answer.json()["refused_bundle"]
    assert client.post("/v1/recommendations", json={}).json()["bundle"] == made.versions[0]
    shelf.roll_back()
    until(lambda: ready(client)["refused_bundle"] is None)


def test_a_refused_bundle_goes_live_once_it_is_mended(client: httpx.Client, shelf: Shelf, made, until):
    victim = next(shelf.folder(made.versions[1]).glob("*.npy"))
    content = victim.read_bytes()
    victim.write_bytes(content[:-1])
    shelf.point_to(made.versions[1])
    until(lambda: ready(client)["n_refused"])
    victim.write_bytes(content)
    until(lambda: ready(client)["bundle"] == made.versions[1])
    assert ready(client)["refused_bundle"] is None


def test_a_service_started_on_a_damaged_bundle_says_so_and_recovers(serve, settings, shelf: Shelf, made, until):
    damaged = _truncate(shelf.folder(made.versions[0]))
    client = serve(settings)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert str(damaged) in answer.json()["detail"]
    shelf.point_to(made.versions[1])
    until(lambda: client.get("/readyz").status_code == 200)


def test_a_damaged_pointer_is_reported_while_the_old_bundle_serves(client: httpx.Client, shelf: Shelf, made, until):
    (shelf.root / POINTER).write_text("{")
    until(lambda: ready(client)["n_refused"])
    assert POINTER in ready(client)["refused_bundle"]
    assert ready(client)["bundle"] == made.versions[0]


def test_a_step_that_fails_is_tried_again_and_then_goes_on():
    calls: list[int] = []

    async def step() -> None:
        calls.append(1)
        if len(calls) < 3:
            raise ValueError("not yet")

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(repeat(0.01, step), 0.5)

    asyncio.run(main())
    assert len(calls) > 5
