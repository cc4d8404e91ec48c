"""What Prometheus reads of one app: counts and times of requests, of ranking's stages, and how the app stands.

With several workers each writes its numbers to files in the folder that `PROMETHEUS_MULTIPROC_DIR` names, and any of
them tells the sum. `tagreel serve` sees to that.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from service.batched import Batched
from service.histogram import Histogram
from service.tenant_metrics import SECONDS, Families, Observed, TenantMetrics

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that names the folder which workers share. It is read when this module is imported."""
OBSERVED_AT_ONCE = 256
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The numbers of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        of: dict[str, Any] = {"registry": self.registry, "namespace": "tagreel"}
        self._requests = Counter("requests", "Requests answered.", ["method", "route", "status", "tenant"], **of)
        self._seconds = Histogram(
            "request_seconds", "Time from a request to the end of its answer.", ["method", "route", "tenant"],
            buckets=SECONDS, **of,
        )  # fmt: skip
        self._families = Families(self.registry)
        self._observed = Batched(_observe, most=OBSERVED_AT_ONCE)
        self.before_text: list[Callable[[], None]] = [self._observed.flush]
        """What is done before the numbers are told, so that they are whole."""
        self._of_route: dict[tuple[str, str, int, str], tuple[Counter, Histogram]] = {}
        self._of_tenant: dict[str, TenantMetrics] = {}

    def of(self, tenant: str) -> TenantMetrics:
        """The numbers of one tenant, always the same ones."""
        found = self._of_tenant.get(tenant)
        if found is None:
            found = self._of_tenant[tenant] = TenantMetrics(self._families, tenant, self._observed.add)
        return found

    def answered(self, method: str, route: str, status: int, tenant: str, seconds: Sequence[float]) -> None:
        """Count requests that are alike.

        Args:
            method: of HTTP.
            route: its template, such as `/v1/videos/{video_id}`, so that there are few.
            status: of HTTP.
            tenant: whose data it was about; empty where nobody asked whose it is.
            seconds: of each, from its first byte to its last.
        """
        key = method, route, status, tenant
        found = self._of_route.get(key)
        if found is None:
            counted = self._requests.labels(method, route, str(status), tenant)
            found = self._of_route[key] = counted, self._seconds.labels(method, route, tenant)
        found[0].inc(len(seconds))
        found[1].observe_all(seconds)

    def text(self) -> bytes:
        """Everything in Prometheus' text form: of all workers, where they share a folder."""
        for flush in self.before_text:
            flush()
        registry = self.registry
        if FOLDER in os.environ:
            _forget_dead()
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def _observe(several: Sequence[Observed]) -> None:
    values = defaultdict[Histogram, list[float]](list)
    for histogram, value in several:
        values[histogram].append(value)
    for histogram, its in values.items():
        histogram.observe_all(its)


def _forget_dead() -> None:
    """Leave out how workers stand that are gone; what they counted still counts."""
    for path in Path(os.environ.get(FOLDER, "/dev/null")).glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
