"""A tiny clip, workers in this process, a receiver of callbacks, and a service that may speak to this machine."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import numpy as np
import pytest

from pipelines.clock import now_ms
from pipelines.jobs.delivery import Delivery
from pipelines.jobs.material import FetchLimits
from pipelines.jobs.outbox import Outbox
from pipelines.jobs.queue import JobQueue
from pipelines.jobs.shift import Place, Shift
from pipelines.jobs.tagger import Analysers, JobTagger
from pipelines.jobs.worker import Worker
from pipelines.store import all_places, opened_store
from pipelines.tagging.config import TaggingConfig
from service.auth.keys import Key, Scope, make_key
from service.auth.places import provide
from service.options import prepared_store
from service.settings import Settings
from service.storage.keys import add_key

CHEAP = TaggingConfig(only=("shots", "keywords"))
CALLBACK = {
    "EventTime": "2017-03-20T07:49:17Z", "EventType": "AIVideoTagComplete", "JobId": "job-of-theirs", "MediaId": "v1",
    "Status": "success", "Code": "0", "Message": "OK",
    "Data": json.dumps({
        "Keyword": [{"Times": ["3260", "8410"], "Tag": "cc霜"}], "Category": [{"Tag": "美容"}],
        "Person": [{"Times": ["10760"], "Tag": "张三", "FaceUrl": "http://test.com/1.jpg"}],
        "Location": [{"Times": ["8410"], "Tag": "亚洲"}],
    }),
}  # fmt: skip


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "media").mkdir()
    more = {"spool": tmp_path / "spool", "allow_private": True, "media_roots": (tmp_path / "media",)}
    return settings.model_copy(update=more)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A second of video in two shots, without sound."""
    av = pytest.importorskip("av", reason="needs the extra 'tagging'")
    pytest.importorskip("jieba", reason="needs the extra 'tagging'")
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for level in [20] * 5 + [220] * 5:
            picture = np.full((48, 64, 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


@pytest.fixture
def put(client: httpx.Client) -> Callable[..., None]:
    """Puts a video of that id: `put("v1", title="A cat", media="http://…")`."""

    def video(video_id: str, title: str = "A cat in the garden", **attributes: str) -> None:
        body = {"title": title, "language": "en", "attributes": attributes}
        assert client.put(f"/v1/videos/{video_id}", json=body).status_code == 200

    return video


@pytest.fixture
def work(settings: Settings) -> Callable[..., None]:
    """Does all jobs that are due, and delivers all callbacks that are."""

    def done(tries: int = 3, allow_private: bool = True, config: TaggingConfig = CHEAP, name: str = "w") -> None:
        limits = FetchLimits(max_bytes=10_000_000, within_s=10, allow_private=allow_private)
        analysers = Analysers(config)
        with ExitStack() as stack:

            def hire(place: Place) -> Worker:
                engine, folder = stack.enter_context(opened_store(place[0])), place[1]
                tagger = JobTagger(engine, folder, analysers, limits)
                delivery = Delivery(Outbox(engine), allow_private, now_ms)
                return Worker(engine, folder, JobQueue(engine, name, 60_000, tries), tagger, delivery, 60, now_ms)

            Shift(lambda: all_places(settings.store_url, settings.spool), hire).run(once=True)

    return done


@pytest.fixture
def minted(settings: Settings) -> Callable[..., tuple[Key, str]]:
    """Makes a key: `minted("write", "acme")`."""

    def made(scope: str = "admin", tenant: str = "default", per_minute: int | None = None) -> tuple[Key, str]:
        key, secret = make_key("test", tenant, Scope[scope.upper()], per_minute, now_ms())
        store = prepared_store(settings)
        try:
            provide(settings, store, tenant)
            store.write_now(lambda connection: add_key(connection, key))
        finally:
            store.close()
        return key, secret

    return made


@dataclass
class Receiver:
    """Remembers what it was sent; of each callback it refuses the first tries."""

    refusals: int = 0
    status: int = 200
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    tries: Counter = field(default_factory=Counter)
    files: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    """What GET finds, by path: status, headers, body."""
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        with self.lock:
            self.requests.append((headers, body))
            name = headers["x-tagreel-callback"]
            self.tries[name] += 1
            if self.tries[name] <= self.refusals:
                return 503
            self.taken.append((headers, body))
            return self.status


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(one.take(self.path, {name.lower(): value for name, value in self.headers.items()}, body))

        def do_GET(self) -> None:
            self.answer(*one.files.get(self.path, (404, {}, b"")))

        def answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    one.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield one
    server.shutdown()
    thread.join()
    server.server_close()
