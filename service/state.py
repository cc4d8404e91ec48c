"""What one process's app holds of one tenant."""

from dataclasses import dataclass

from service.clock import Clock
from service.event_log import EventLog
from service.impressions import ImpressionLog
from service.live import Live
from service.onboarding import Onboarding
from service.ranker import Ranker
from service.settings import Settings
from service.storage.store import Store
from service.storage.tag_jobs import line_of
from service.tenant_metrics import TenantMetrics
from service.threads import limit_blas
from service.trends import Trends
from service.trials import Trials
from service.trying import Trying


@dataclass(frozen=True)
class State:
    """Everything a request may use: nothing in it is another tenant's."""

    settings: Settings
    clock: Clock
    store: Store
    live: Live
    events: EventLog
    shown: ImpressionLog
    trends: Trends
    trying: Trying
    trials: Trials
    onboarding: Onboarding
    ranker: Ranker
    metrics: TenantMetrics

    @classmethod
    def of(cls, settings: Settings, clock: Clock, metrics: TenantMetrics) -> "State":
        """Open the store; nothing is read from it yet."""
        limit_blas(settings.blas_threads)
        store = Store.open(settings.store_url, settings.busy_timeout_s)
        shown = ImpressionLog(store, settings.max_waiting_impressions)
        live = Live(store, settings, clock)
        return cls(
            settings,
            clock,
            store,
            live,
            EventLog(store),
            shown,
            Trends(store),
            Trying(store, live),
            Trials(store, live, clock),
            Onboarding(),
            Ranker(),
            metrics,
        )

    async def measure(self) -> None:
        """Let the metrics take over how the app stands."""
        now = self.clock()
        line = self.store.glance(lambda connection: line_of(connection, now))
        self.metrics.follow(self.live, self.shown, line, now)
