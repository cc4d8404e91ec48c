"""`tagreel benchmark freshness`: how soon every worker's answers show what was written, while much else is written.

Counted from when a write is sent to when the last worker's answer shows it, by a client over HTTP.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from pipelines.benchmark.load import Load, at_rate
from pipelines.benchmark.platform import copied_store, prepared, shelf, viewers_of
from pipelines.benchmark.serve import event_posts, some_videos
from pipelines.benchmark.servers import service
from pipelines.benchmark.setting import Setting
from pipelines.benchmark.witness import Witness, witnessing
from pipelines.progress import Progress, quiet
from recsys.bundle import open_bundle
from recsys.errors import RecsysError, require

ASK = "/v1/recommendations"
WITHIN_S = 30.0


@dataclass(frozen=True)
class Fresh:
    """One kind of change."""

    change: str
    n_videos: int
    workers: int
    writes_s: float
    """Events a second that others wrote meanwhile."""
    n: int
    p50_ms: float
    p95_ms: float
    max_ms: float

    def line(self) -> str:
        """For people."""
        return f"{self.change:<36}{self.n:>6}{self.p50_ms:>10.0f}{self.p95_ms:>10.0f}{self.max_ms:>10.0f}"


@dataclass(frozen=True)
class FreshnessBenchmark:
    """All that was measured."""

    figures: list[Fresh]

    def lines(self) -> list[str]:
        """A table."""
        one = self.figures[0]
        return [
            f"{one.n_videos:,} videos, {one.workers} workers, {one.writes_s:.0f} events/s written by others",
            f"{'until every worker shows':<36}{'times':>6}{'p50 ms':>10}{'p95 ms':>10}{'max ms':>10}",
            *(one.line() for one in self.figures),
        ]

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps([asdict(one) for one in self.figures], indent=1) + "\n")


@dataclass(frozen=True)
class Change:
    """A write, and how an answer shows it."""

    name: str
    write: tuple[str, str, Any]
    ask: dict[str, Any]
    shows: Callable[[list[str]], bool]
    """Told the videos of an answer, best first."""

    def shown_by(self, answer: Any) -> bool:
        """Whether an answer shows it."""
        return self.shows(_videos(answer))


def run_freshness(
    workspace: Path,
    n_videos: int = 10_000,
    workers: int = 2,
    seconds: float = 30.0,
    writes_s: float = 200.0,
    progress: Progress = quiet,
) -> FreshnessBenchmark:
    """Make one change after the other for as long as others write.

    Args:
        workspace: where the platform is kept.
        n_videos: how many videos.
        workers: how many processes answer.
        seconds: how long.
        writes_s: events a second that others write.
        progress: told of each part.

    Raises:
        RecsysError: something was not shown within 30 s, or another's write failed.
    """
    setting = prepared(workspace, n_videos, progress)
    with (
        copied_store(setting) as store,
        service(store, shelf(setting).root, workers) as server,
        witnessing(server, workers) as witness,
    ):
        progress(f"{n_videos:,} videos: changes while others write", None)
        writer = _Writer(server.port, setting, seconds, writes_s)
        taken = _taken(witness, setting, writer)
    load = writer.load()
    return FreshnessBenchmark(
        [Fresh(name, n_videos, workers, load.requests_s, len(some), *_spread(some)) for name, some in taken.items()]
    )


def _taken(witness: Witness, setting: Setting, writer: "_Writer") -> dict[str, list[float]]:
    """Seconds that each change took, by its name; at least one round."""
    taken: dict[str, list[float]] = {}
    round_ = 0
    writer.start()
    while writer.is_alive() or not taken:
        for change in _changes(witness, _tags(setting), round_):
            since = time.perf_counter()
            witness.tell(*change.write)
            waited = witness.waited(change.shown_by, ASK, change.ask, since, WITHIN_S)
            taken.setdefault(change.name, []).append(waited)
        round_ += 1
    return taken


def _changes(witness: Witness, tags: Sequence[str], round_: int) -> Iterator[Change]:
    """One after the other: each may rest on those before it."""
    viewer, video = f"fresh-{round_}", f"fresh-{round_}"
    first, second, third = (tags[(3 * round_ + i) % len(tags)] for i in range(3))
    of_viewer = _ask(viewer_id=viewer, n=5)
    top = _videos(witness.tell("POST", ASK, of_viewer))[0]
    like = {"viewer_id": viewer, "video_id": top, "event_type": "like"}
    yield Change("a viewer's event", ("POST", "/v1/events", like), of_viewer, lambda found: top not in found)
    path, put = f"/v1/videos/{video}", {"title": "fresh", "language": f"x-{round_}", "tags": [first]}
    listed = _ask(tags={first: 1.0}, n=200)
    yield Change("a new video, recommended", ("PUT", path, put), listed, lambda found: video in found)
    with_tag = _ask(n=5, filter=f'language = "x-{round_}" and tags has "{second}"')
    edit = ("PUT", f"{path}/tags", {"tags": [first, second]})
    yield Change("a new tag on a video", edit, with_tag, lambda found: video in found)
    merge = ("POST", f"/v1/tags/{quote(second, safe='')}:merge", {"into": third})
    with_merged = _ask(n=5, filter=f'language = "x-{round_}" and tags has "{third}"')
    yield Change("a tag merged into another", merge, with_merged, lambda found: video in found)


def _ask(**more: Any) -> dict[str, Any]:
    return {"explain": False, "log": False, **more}


def _videos(answer: Any) -> list[str]:
    return [one["video_id"] for one in answer["videos"]]


def _tags(setting: Setting) -> list[str]:
    """The bundle's tags, in an order drawn at random: each is merged away once."""
    found = shelf(setting)
    tags = open_bundle(found.folder(str(found.live())), verify=False).contents.vectorizer.ids
    return [tags[int(at)] for at in np.random.default_rng(setting.seed).permutation(len(tags))]


def _spread(seconds: Sequence[float]) -> tuple[float, float, float]:
    p50, p95, most = np.percentile(np.array(seconds) * 1000, [50, 95, 100])
    return float(p50), float(p95), float(most)


class _Writer(threading.Thread):
    """Posts events of others at a rate, for a while."""

    def __init__(self, port: int, setting: Setting, seconds: float, rate: float) -> None:
        super().__init__()
        self._ask = port, event_posts(viewers_of(setting, 500), some_videos(setting), 1, 5_000), seconds, rate
        self._found: Load | RecsysError | None = None

    def run(self) -> None:
        """Until the time is over."""
        try:
            self._found = at_rate(*self._ask)
        except RecsysError as error:
            self._found = error

    def load(self) -> Load:
        """What came of it, once it has ended."""
        self.join()
        if not isinstance(self._found, Load):
            raise self._found or RecsysError("the writer ended without a word")
        require(not self._found.n_failed, f"{self._found.n_failed} of {self._found.n} writes failed", RecsysError)
        return self._found
