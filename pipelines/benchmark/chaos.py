"""`tagreel benchmark chaos`: what a client with one retry notices of a publish, a rollback, a restart and a kill.

Under load, with several workers. Every event that was answered 2xx must be in the store afterwards, once.
"""

import asyncio
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import column, create_engine, select, table

from pipelines.benchmark.load import get, post
from pipelines.benchmark.platform import copied_store, prepared, shelf, viewers_of
from pipelines.benchmark.retrying import Retried, with_one_retry
from pipelines.benchmark.serve import some_videos
from pipelines.benchmark.servers import Server, service
from pipelines.benchmark.setting import Setting
from pipelines.benchmark.witness import Witness, witnessing
from pipelines.progress import Progress, quiet
from recsys.bundle import MANIFEST, open_bundle, write_bundle
from recsys.shelf import Shelf

ASK = "/v1/recommendations"
RECOVERED_WITHIN_S = 180.0
EVENTS = table("events", column("event_id"))
Disturb = Callable[[Server, Shelf, Witness], None]
"""Disturbs, and returns when all workers answer as they should again."""


@dataclass(frozen=True)
class Disturbed:
    """One disturbance, and the requests around it."""

    disturbance: str
    n_videos: int
    workers: int
    requests: int
    retried: int
    failed: int
    """After one retry."""
    lost_events: int
    """Answered 2xx, but not in the store."""
    recovered_s: float
    """Until every worker answers by the other bundle, or as many workers answer as before."""
    p99_ms: float

    def line(self) -> str:
        """For people."""
        return (
            f"{self.disturbance:<22}{self.requests:>9,}{self.retried:>9}{self.failed:>8}{self.lost_events:>6}"
            f"{self.recovered_s:>13.2f}{self.p99_ms:>9.1f}"
        )


@dataclass(frozen=True)
class ChaosBenchmark:
    """All that was measured."""

    figures: list[Disturbed]

    def lines(self) -> list[str]:
        """A table."""
        head = f"{'':<22}{'requests':>9}{'retried':>9}{'failed':>8}{'lost':>6}{'recovered s':>13}{'p99 ms':>9}"
        return [head, *(one.line() for one in self.figures)]

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps([asdict(one) for one in self.figures], indent=1) + "\n")


def run_chaos(
    workspace: Path,
    n_videos: int = 10_000,
    workers: int = 2,
    seconds: float = 10.0,
    rate: float = 1_000.0,
    progress: Progress = quiet,
) -> ChaosBenchmark:
    """Disturb a service under load in every way.

    Args:
        workspace: where the platform is kept.
        n_videos: how many videos.
        workers: how many processes answer; at least 2, so that one can die.
        seconds: of load before and after each disturbance, together.
        rate: requests a second.
        progress: told of each part.
    """
    setting = prepared(workspace, n_videos, progress)
    figures = []
    with (
        copied_store(setting) as store,
        _two_bundles(setting) as bundles,
        service(store, bundles.root, workers) as server,
    ):
        for name, disturb in DISTURBANCES.items():
            progress(f"{n_videos:,} videos: {name}", None)
            requests, events = _requests(setting, name)
            load, recovered = _under_load(server, bundles, workers, requests, seconds, rate, disturb)
            lost = {events[at] for at in load.answered & events.keys()} - _stored(store)
            figures.append(
                Disturbed(
                    name, n_videos, workers, load.n, load.n_retried, load.n_failed, len(lost), recovered, load.p99_ms
                )
            )
    return ChaosBenchmark(figures)


def _under_load(
    server: Server,
    bundles: Shelf,
    workers: int,
    requests: Sequence[bytes],
    seconds: float,
    rate: float,
    disturb: Disturb,
) -> tuple[Retried, float]:
    """What came of the requests, and the seconds until all was well again."""
    enough = threading.Event()
    with ThreadPoolExecutor(1) as pool, witnessing(server, workers) as witness:
        running = pool.submit(asyncio.run, with_one_retry(server.port, requests, enough, rate))
        try:
            witness.stay(seconds / 2)
            since = time.perf_counter()
            disturb(server, bundles, witness)
            recovered = time.perf_counter() - since
            time.sleep(seconds / 2)
        finally:
            enough.set()
        return running.result(), recovered


def _publish(server: Server, bundles: Shelf, witness: Witness) -> None:
    live = bundles.live()
    other = next(one.name for one in bundles.root.iterdir() if (one / MANIFEST).exists() and one.name != live)
    bundles.point_to(other)
    _wait_for(witness, other)


def _roll_back(server: Server, bundles: Shelf, witness: Witness) -> None:
    _wait_for(witness, bundles.roll_back())


def _wait_for(witness: Witness, version: str) -> None:
    asked = {"n": 1, "explain": False, "log": False}
    witness.waited(lambda answer: answer["bundle"] == version, ASK, asked, time.perf_counter(), RECOVERED_WITHIN_S)


def _kill(server: Server, bundles: Shelf, witness: Witness) -> None:
    killed = next(iter(witness.connections))
    os.kill(killed, signal.SIGKILL)
    with witnessing(server, len(witness.connections), frozenset({killed}), RECOVERED_WITHIN_S):
        pass


def _restart(server: Server, bundles: Shelf, witness: Witness) -> None:
    os.kill(server.pid, signal.SIGHUP)
    with witnessing(server, len(witness.connections), frozenset(witness.connections), RECOVERED_WITHIN_S):
        pass


DISTURBANCES: dict[str, Disturb] = {
    "publish": _publish, "rollback": _roll_back, "kill -9 of a worker": _kill, "restart (SIGHUP)": _restart,
}  # fmt: skip


@contextmanager
def _two_bundles(setting: Setting) -> Iterator[Shelf]:
    """A shelf with the platform's bundle, live, and one more that differs by what it says of itself."""
    live = shelf(setting)
    folder = live.folder(str(live.live())).resolve()
    with TemporaryDirectory(dir=setting.workspace) as made:
        both = Shelf(Path(made).resolve())
        bundle = open_bundle(folder)
        shutil.copytree(folder, both.folder(bundle.version))
        (both.root / "other").mkdir()
        about = {name: bundle.manifest[name] for name in ("config", "data")}
        version = write_bundle(both.root / "other", bundle.contents, {**about, "benchmark": "chaos"})
        (both.root / "other").rename(both.folder(version))
        both.point_to(bundle.version)
        yield both


def _requests(setting: Setting, name: str) -> tuple[list[bytes], dict[int, str]]:
    """Lists and events by turns, and the events' ids by their requests' places."""
    asked, ids = [], {}
    for viewer, video in zip(viewers_of(setting, 500), some_videos(setting), strict=False):
        asked.append(get(f"/v1/viewers/{viewer}/recommendations?n=20"))
        ids[len(asked)] = event_id = f"chaos-{name}-{len(asked)}"
        event = {"event_id": event_id, "viewer_id": viewer, "video_id": video, "event_type": "play"}
        asked.append(post("/v1/events", json.dumps(event).encode()))
    return asked, ids


def _stored(store_url: str) -> set[str]:
    engine = create_engine(store_url)
    try:
        with engine.connect() as connection:
            return set(connection.scalars(select(EVENTS.c.event_id).where(EVENTS.c.event_id.startswith("chaos-"))))
    finally:
        engine.dispose()
