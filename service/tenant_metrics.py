"""The numbers of one tenant: its recommendations, stage by stage, and how its store and bundle stand."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge

from service import tracing
from service.found import Found
from service.histogram import Histogram
from service.impressions import ImpressionLog
from service.live import Live
from service.shortlists import Shortlists
from service.storage.tag_jobs import MOST_COUNTED, Line

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
CANDIDATES = (0, 10, 50, 100, 500, 1_000, 2_000, 5_000, 20_000)
Observed = tuple[Histogram, float]
Lap = Callable[[str], None]
"""Says that a stage has ended; it began when the one before it did."""


class Families:
    """What is measured of every tenant; each line carries the tenant's name."""

    def __init__(self, registry: CollectorRegistry) -> None:
        of: dict[str, Any] = {"registry": registry, "namespace": "tagreel"}
        self.stages = Histogram(
            "stage_seconds", "Time in one stage of a recommendation.", ["stage", "tenant"], buckets=SECONDS, **of
        )
        self.candidates = Histogram(
            "candidates", "Videos that were ranked for an answer.", ["tenant"], buckets=CANDIDATES, **of
        )
        self.fallbacks = Counter(
            "fallbacks", "Answers of which nothing was known of the viewer.", ["fallback", "tenant"], **of
        )
        self.shortlists = Counter(
            "shortlists", "Shortlists asked for: kept from before, or made.", ["kept", "tenant"], **of
        )
        self.dropped = Counter(
            "impressions_dropped", "Shown videos that will not be written: the queue was full.", ["tenant"], **of
        )
        self.loads = Counter("bundle_loads", "Bundles that went live.", ["tenant"], **of)
        self.refusals = Counter("bundle_refusals", "Times that a bundle could not be loaded.", ["tenant"], **of)
        self.waiting = Gauge(
            "impressions_waiting", "Shown videos that wait to be written.", ["tenant"],
            multiprocess_mode="livesum", **of,
        )  # fmt: skip
        self.jobs = Gauge(
            "tag_jobs_waiting", f"Tag jobs that no worker has begun yet; {MOST_COUNTED} are that many or more.",
            ["tenant"], multiprocess_mode="livemax", **of,
        )  # fmt: skip
        self.longest = Gauge(
            "tag_jobs_waiting_seconds", "How long the tag job has waited that has waited longest.", ["tenant"],
            multiprocess_mode="livemax", **of,
        )  # fmt: skip
        self.videos = Gauge(
            "catalogue_videos", "Videos in the catalogue.", ["tenant"], multiprocess_mode="livemin", **of
        )
        self.age = Gauge(
            "bundle_age_seconds", "Time since the first moment that the bundle knows nothing of.", ["tenant"],
            multiprocess_mode="livemax", **of,
        )  # fmt: skip
        self.bundle = Gauge(
            "bundle", "1 for the bundle that serves.", ["version", "tenant"], multiprocess_mode="livemax", **of
        )


class TenantMetrics:
    """Counts for one tenant."""

    def __init__(self, families: Families, tenant: str, observe: Callable[[Observed], None]) -> None:
        self._families, self._tenant, self._observe = families, tenant, observe
        self._of_stage: dict[str, Histogram] = {}
        self._candidates = families.candidates.labels(tenant)
        self._seen: dict[str, int] = {}
        self._version: str | None = None
        self._kept: Shortlists | None = None

    def laps(self) -> Lap:
        """A stopwatch that starts now, for the stages of one recommendation."""
        last, is_recording = perf_counter(), tracing.is_recording()

        def lap(stage: str) -> None:
            nonlocal last
            began, last = last, perf_counter()
            found = self._of_stage.get(stage)
            if found is None:
                found = self._of_stage[stage] = self._families.stages.labels(stage, self._tenant)
            self._observe((found, last - began))
            if is_recording:
                tracing.stage(stage, last - began)

        return lap

    def recommended(self, found: Found) -> None:
        """Count a recommendation."""
        self._observe((self._candidates, found.ranked.n_candidates))
        if found.ranked.fallback is not None:
            self._families.fallbacks.labels(found.ranked.fallback, self._tenant).inc()

    def follow(self, live: Live, shown: ImpressionLog, line: Line, now: int) -> None:
        """Take over how the tenant stands.

        Args:
            live: the bundle and how loading went.
            shown: what waits to be written.
            line: jobs that wait for a worker.
            now: ms.
        """
        of, tenant = self._families, self._tenant
        of.jobs.labels(tenant).set(line.n)
        of.longest.labels(tenant).set(line.waiting_s)
        of.waiting.labels(tenant).set(len(shown))
        self._grow(of.dropped.labels(tenant), "dropped", shown.n_dropped)
        self._grow(of.loads.labels(tenant), "loads", live.status.n_loaded)
        self._grow(of.refusals.labels(tenant), "refusals", live.status.n_refused)
        snapshot = live.snapshot
        if snapshot is None:
            return
        of.videos.labels(tenant).set(len(snapshot.catalogue))
        of.age.labels(tenant).set((now - snapshot.bundle.as_of) / 1000)
        self._serves(snapshot.bundle.version)
        if snapshot.shortlists is not self._kept:  # a new snapshot counts from 0
            self._kept = snapshot.shortlists
            self._seen["found"] = self._seen["made"] = 0
        self._grow(of.shortlists.labels("yes", tenant), "found", self._kept.n_found)
        self._grow(of.shortlists.labels("no", tenant), "made", self._kept.n_made)

    def closed(self) -> None:
        """Hold on to nothing of a tenant that is closed; opened again, it counts from 0. Gauges stay as they stood."""
        self._seen.clear()
        self._kept = None

    def _serves(self, version: str) -> None:
        if self._version not in (None, version):
            self._families.bundle.labels(self._version, self._tenant).set(0)
        self._version = version
        self._families.bundle.labels(version, self._tenant).set(1)

    def _grow(self, counter: Counter, name: str, total: int) -> None:
        counter.inc(max(total - self._seen.get(name, 0), 0))
        self._seen[name] = total
