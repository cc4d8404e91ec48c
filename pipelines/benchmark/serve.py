"""`tagreel benchmark serve`: requests a second and their latency, beside a route that always answers the same.

One worker on one core, the load on another. It prints figures and ratios and judges none.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import numpy as np

from pipelines.benchmark.load import Load, at_full_speed, at_rate, get, post
from pipelines.benchmark.platform import copied_store, prepared, shelf, viewers_of
from pipelines.benchmark.recall import recall_of_candidates
from pipelines.benchmark.servers import Server, ceiling, service
from pipelines.benchmark.setting import Setting
from pipelines.progress import Progress, quiet
from recsys.bundle import open_bundle
from recsys.errors import RecsysError, require

VIEWERS = 500
OFFERED = 0.7
"""Share of its own full speed that latency is measured at."""
BATCH = 1000
TURNS = 5
"""Windows of each measurement, in turn with the ceiling's: a neighbour on the machine disturbs one or two of them."""
LONGEST_WARMING_S = 60.0
CEILING = (get("/ceiling"),)


@dataclass(frozen=True)
class Figure:
    """One route at one size."""

    route: str
    n_videos: int
    workers: int
    requests_s: float
    p50_ms: float
    p99_ms: float
    """At 70% of its own full speed, counted from when a request was due: the median of several windows."""
    worst_p99_ms: float
    """Of the worst of these windows."""
    ratio_to_ceiling: float
    """Of requests a second, in windows beside each other."""
    p99_ratio: float
    """To the ceiling's p99 at 70% of its own full speed, of windows beside each other."""
    p99_ratio_same_rate: float
    """To the ceiling's p99 at as many requests a second as this route's 70%, which is less of what it can do."""
    cpu_us: float
    """The server's processor time for one request, at full speed."""
    recall_at_100: float | None
    """Of candidates, against exact scores of everything; None where no candidates are chosen."""
    rss_mb: float
    """What the worker holds beyond files that are mapped."""

    def line(self) -> str:
        """For people."""
        recall = "" if self.recall_at_100 is None else f"{self.recall_at_100:.3f}"
        return (
            f"{self.n_videos:>9,}  {self.route:<34}{self.requests_s:>9,.0f}{self.ratio_to_ceiling:>8.0%}"
            f"{self.p50_ms:>9.2f}{self.p99_ms:>9.2f}{self.worst_p99_ms:>9.1f}{self.p99_ratio:>8.1f}"
            f"{self.p99_ratio_same_rate:>8.1f}{self.cpu_us:>9.0f}"
            f"{recall:>8}{self.rss_mb:>8.0f}"
        )


HEAD = (
    f"{'videos':>9}  {'route':<34}{'req/s':>9}{'of top':>8}{'p50 ms':>9}{'p99 ms':>9}{'worst':>9}{'p99 ×':>8}"
    f"{'at rate':>8}{'CPU us':>9}{'recall':>8}{'MiB':>8}"
)


@dataclass(frozen=True)
class ServeBenchmark:
    """All that was measured."""

    figures: list[Figure]

    def lines(self) -> list[str]:
        """A table."""
        return [HEAD, *(one.line() for one in self.figures)]

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps([asdict(one) for one in self.figures], indent=1) + "\n")


def run_serve(
    sizes: Sequence[int], workspace: Path, seconds: float = 10.0, progress: Progress = quiet
) -> ServeBenchmark:
    """Measure every route at every size.

    Args:
        sizes: how many videos.
        workspace: where platforms are kept.
        seconds: of each measurement.
        progress: told of each part.
    """
    platforms = [prepared(workspace, n, progress) for n in sizes]
    _take_the_other_core()
    with ceiling() as beside:
        top = _measured(beside, beside, "ceiling", 0, CEILING, seconds)
        figures = [replace(top, ratio_to_ceiling=1.0, p99_ratio=1.0, p99_ratio_same_rate=1.0)]
        for setting in platforms:
            figures += _of_platform(setting, beside, seconds, progress)
    return ServeBenchmark(figures)


def _of_platform(setting: Setting, beside: Server, seconds: float, progress: Progress) -> Iterator[Figure]:
    """Every route at one size."""
    progress(f"{setting.n_videos:,} videos: candidates against everything", None)
    recall = recall_of_candidates(setting, VIEWERS // 5)

    def figure(server: Server, route: str, requests: Sequence[bytes]) -> Figure:
        progress(f"{setting.n_videos:,} videos: {route}", None)
        found = _measured(server, beside, route, setting.n_videos, requests, seconds)
        return replace(found, recall_at_100=recall if route.startswith("recommendations") else None)

    routes = _routes(setting)
    with copied_store(setting) as store, service(store, shelf(setting).root) as server:
        for route, requests in routes.items():
            yield figure(server, route, requests)
    with copied_store(setting) as store, service(store, shelf(setting).root, kept_viewers=0) as server:
        yield figure(server, "recommendations, nothing kept", routes["recommendations"])


def _measured(
    server: Server, beside: Server, route: str, n_videos: int, requests: Sequence[bytes], seconds: float
) -> Figure:
    _warm(server, requests[:VIEWERS], min(seconds, 1))
    at_full_speed(beside.port, CEILING, seconds / TURNS)
    full, top, cpu_s = list[Load](), list[Load](), 0.0
    for _ in range(TURNS):
        before = server.cpu_s
        full.append(_answered(at_full_speed(server.port, requests, seconds / TURNS)))
        cpu_s += server.cpu_s - before
        top.append(at_full_speed(beside.port, CEILING, seconds / TURNS))
    rate, their_rate = OFFERED * _mean(full), OFFERED * _mean(top)
    rated, same_load, same_rate = list[Load](), list[Load](), list[Load]()
    for _ in range(TURNS):
        rated.append(_answered(at_rate(server.port, requests, seconds / 2, rate)))
        same_load.append(at_rate(beside.port, CEILING, seconds / 2, their_rate))
        same_rate.append(at_rate(beside.port, CEILING, seconds / 2, rate))
    p99_ms = _usual_p99_ms(rated)
    return Figure(
        route=route,
        n_videos=n_videos,
        workers=1,
        requests_s=_mean(full),
        p50_ms=median(one.p50_ms for one in rated),
        p99_ms=p99_ms,
        worst_p99_ms=max(one.p99_ms for one in rated),
        ratio_to_ceiling=_mean(full) / _mean(top),
        p99_ratio=p99_ms / _usual_p99_ms(same_load),
        p99_ratio_same_rate=p99_ms / _usual_p99_ms(same_rate),
        cpu_us=cpu_s / sum(one.n for one in full) * 1e6,
        recall_at_100=None,
        rss_mb=server.private_mb,
    )


def _mean(several: Sequence[Load]) -> float:
    """Requests a second of several windows together."""
    return sum(one.n for one in several) / sum(one.n / one.requests_s for one in several)


def _usual_p99_ms(several: Sequence[Load]) -> float:
    """The median window's."""
    return median(one.p99_ms for one in several)


def _answered(found: Load) -> Load:
    require(not found.n_failed, f"{found.n_failed} of {found.n} requests failed under load", RecsysError)
    return found


def _warm(server: Server, requests: Sequence[bytes], seconds: float) -> None:
    """Send each request once or more: what is measured is how the service runs, not how it starts."""
    n_sent, until = 0, time.monotonic() + LONGEST_WARMING_S
    while n_sent < len(requests) and time.monotonic() < until:
        n_sent += at_full_speed(server.port, requests[n_sent:], seconds).n


def _routes(setting: Setting) -> dict[str, list[bytes]]:
    viewers = viewers_of(setting, VIEWERS)
    videos = some_videos(setting)
    paths = [f"/v1/viewers/{quote(one, safe='')}/recommendations?n=20" for one in viewers]
    filtered = quote("duration_s < 300")
    return {
        "recommendations": [get(f"{one}&explain=false") for one in paths],
        "recommendations, filtered": [get(f"{one}&explain=false&filter={filtered}") for one in paths],
        "recommendations, explained": [get(one) for one in paths],
        "similar": [get(f"/v1/videos/{quote(one, safe='')}/similar?n=20&explain=false") for one in videos],
        "events, one": event_posts(viewers, videos, 1, 20_000),
        "events, 1,000 at once": event_posts(viewers, videos, BATCH, 400),
    }


def some_videos(setting: Setting) -> list[str]:
    """Videos of the live bundle, drawn at random."""
    found = shelf(setting)
    ids = open_bundle(found.folder(str(found.live())), verify=False).contents.ids
    return [ids[int(at)] for at in np.random.default_rng(setting.seed).integers(0, len(ids), VIEWERS)]


def event_posts(viewers: list[str], videos: list[str], size: int, n: int) -> list[bytes]:
    """n requests that post so many events each, of viewers of their own."""
    random = np.random.default_rng(1)

    def event() -> dict[str, Any]:
        who, what = random.integers(0, len(viewers)), random.integers(0, len(videos))
        return {"viewer_id": f"load-{who}", "video_id": videos[what], "event_type": "play", "watched_s": 10.0}

    make: Callable[[], Any] = event if size == 1 else lambda: {"events": [event() for _ in range(size)]}
    return [post("/v1/events", json.dumps(make()).encode()) for _ in range(n)]


def _take_the_other_core() -> None:
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
