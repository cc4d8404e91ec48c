"""What Prometheus reads of one app: counts and times of requests, of ranking's stages, and how the app stands.

With several workers each writes its numbers to files in the folder that `PROMETHEUS_MULTIPROC_DIR` names, and any of
them tells the sum. `tagreel serve` sees to that.
"""

import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from service.found import Found
from service.impressions import ImpressionLog
from service.live import Live
from service.shortlists import Shortlists

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that names the folder which workers share. It is read when this module is imported."""
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
CANDIDATES = (0, 10, 50, 100, 500, 1_000, 2_000, 5_000, 20_000)
Lap = Callable[[str], None]
"""Says that a stage has ended; it began when the one before it did."""


class Metrics:
    """The numbers of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        of: dict[str, Any] = {"registry": self.registry, "namespace": "tagreel"}
        self._requests = Counter("requests", "Requests answered.", ["method", "route", "status"], **of)
        self._seconds = Histogram(
            "request_seconds", "Time from a request to the end of its answer.", ["method", "route"],
            buckets=SECONDS, **of,
        )  # fmt: skip
        self._stages = Histogram(
            "stage_seconds", "Time in one stage of a recommendation.", ["stage"], buckets=SECONDS, **of
        )
        self._candidates = Histogram("candidates", "Videos that were ranked for an answer.", buckets=CANDIDATES, **of)
        self._fallbacks = Counter("fallbacks", "Answers of which nothing was known of the viewer.", ["fallback"], **of)
        self._shortlists = Counter("shortlists", "Shortlists asked for: kept from before, or made.", ["kept"], **of)
        self._dropped = Counter(
            "impressions_dropped", "Shown videos that will not be written: the queue was full.", **of
        )
        self._loads = Counter("bundle_loads", "Bundles that went live.", **of)
        self._refusals = Counter("bundle_refusals", "Times that a bundle could not be loaded.", **of)
        self._waiting = Gauge(
            "impressions_waiting", "Shown videos that wait to be written.", multiprocess_mode="livesum", **of
        )
        self._videos = Gauge("catalogue_videos", "Videos in the catalogue.", multiprocess_mode="livemin", **of)
        self._age = Gauge(
            "bundle_age_seconds", "Time since the first moment that the bundle knows nothing of.",
            multiprocess_mode="livemax", **of,
        )  # fmt: skip
        self._bundle = Gauge("bundle", "1 for the bundle that serves.", ["version"], multiprocess_mode="livemax", **of)
        self._of_route: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._of_stage: dict[str, Histogram] = {}
        self._seen: dict[str, int] = {}
        self._version: str | None = None
        self._kept: Shortlists | None = None
        _forget_dead()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            method: of HTTP.
            route: its template, such as `/v1/videos/{video_id}`, so that there are few.
            status: of HTTP.
            seconds: from its first byte to its last.
        """
        key = method, route, status
        found = self._of_route.get(key)
        if found is None:
            found = self._requests.labels(method, route, str(status)), self._seconds.labels(method, route)
            self._of_route[key] = found
        found[0].inc()
        found[1].observe(seconds)

    def laps(self) -> Lap:
        """A stopwatch that starts now, for the stages of one recommendation."""
        last = perf_counter()

        def lap(stage: str) -> None:
            nonlocal last
            began, last = last, perf_counter()
            found = self._of_stage.get(stage)
            if found is None:
                found = self._of_stage[stage] = self._stages.labels(stage)
            found.observe(last - began)

        return lap

    def recommended(self, found: Found) -> None:
        """Count a recommendation."""
        self._candidates.observe(found.ranked.n_candidates)
        if found.ranked.fallback is not None:
            self._fallbacks.labels(found.ranked.fallback).inc()

    def follow(self, live: Live, shown: ImpressionLog, now: int) -> None:
        """Take over how the app stands.

        Args:
            live: the bundle and how loading went.
            shown: what waits to be written.
            now: ms.
        """
        self._waiting.set(len(shown))
        self._grow(self._dropped, "dropped", shown.n_dropped)
        self._grow(self._loads, "loads", live.status.n_loaded)
        self._grow(self._refusals, "refusals", live.status.n_refused)
        snapshot = live.snapshot
        if snapshot is None:
            return
        self._videos.set(len(snapshot.catalogue))
        self._age.set((now - snapshot.bundle.as_of) / 1000)
        self._serves(snapshot.bundle.version)
        if snapshot.shortlists is not self._kept:  # a new snapshot counts from 0
            self._kept = snapshot.shortlists
            self._seen["found"] = self._seen["made"] = 0
        self._grow(self._shortlists.labels("yes"), "found", self._kept.n_found)
        self._grow(self._shortlists.labels("no"), "made", self._kept.n_made)

    def text(self) -> bytes:
        """Everything in Prometheus' text form: of all workers, where they share a folder."""
        registry = self.registry
        if FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def _serves(self, version: str) -> None:
        if self._version not in (None, version):
            self._bundle.labels(self._version).set(0)
        self._version = version
        self._bundle.labels(version).set(1)

    def _grow(self, counter: Counter, name: str, total: int) -> None:
        counter.inc(max(total - self._seen.get(name, 0), 0))
        self._seen[name] = total


def _forget_dead() -> None:
    """Leave out how workers stand that are gone; what they counted still counts."""
    for path in Path(os.environ.get(FOLDER, "/dev/null")).glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
