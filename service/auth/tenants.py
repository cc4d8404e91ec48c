"""The tenants that one process has open: each with a store, a shelf and a state of its own, so that none can meet."""

import asyncio
import logging
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from recsys.errors import RecsysError
from service.auth.keys import DEFAULT_TENANT
from service.auth.opened import Opened
from service.auth.places import provide, settings_of
from service.clock import Clock
from service.metrics import Metrics
from service.problems import ProblemError
from service.settings import Settings
from service.state import State
from service.threads import in_thread

IDLE_S = 600.0
"""One that nobody asked for so long may be closed: many times longer than any request takes, so none is under way."""
_log = logging.getLogger(__name__)


class Tenants:
    """Opens a tenant when it is first asked for. The default one stays open."""

    def __init__(
        self, settings: Settings, clock: Clock, metrics: Metrics, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._clock, self._metrics, self._seconds = settings, clock, metrics, seconds
        self._opened: dict[str, Opened] = {}
        self._opening: dict[str, asyncio.Task[State]] = {}
        self._asked_at: dict[str, float] = {}
        self._making = asyncio.Lock()

    def __len__(self) -> int:
        """How many are open or about to be."""
        return len(self._opened) + len(self._opening)

    @property
    def default(self) -> State:
        """The default tenant's state."""
        return self._opened[DEFAULT_TENANT].state

    async def start(self) -> None:
        """Open the default tenant; whatever stands in its way is raised as it is."""
        self._opened[DEFAULT_TENANT] = await Opened.of(self._state(DEFAULT_TENANT))

    async def state(self, tenant: str) -> State:
        """A tenant's state.

        Raises:
            ProblemError: 503; its store cannot be opened, or too many others are open and in use.
        """
        opened = self._opened.get(tenant)
        if opened is None:
            return await self._wait_for(tenant)
        self._asked_at[tenant] = self._seconds()
        return opened.state

    async def make(self, tenant: str) -> None:
        """Make a new tenant's store, one at a time; one that is there is only checked. Raises as `provide` does."""
        async with self._making:
            await in_thread(provide, self._settings, self.default.store, tenant)

    async def close(self) -> None:
        """Close them all, and write what waits to be written."""
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        results = await asyncio.gather(*(one.close() for one in self._opened.values()), return_exceptions=True)
        self._opened.clear()
        for error in results:
            if isinstance(error, BaseException):
                raise error

    async def _wait_for(self, tenant: str) -> State:
        """One opening serves all who wait for it, and outlives each of them."""
        task = self._opening.get(tenant)
        if task is None:
            idle = self._take_idle() if len(self) >= self._settings.max_tenants else None
            task = self._opening[tenant] = asyncio.create_task(self._open(tenant, idle))
        return await asyncio.shield(task)

    async def _open(self, tenant: str, idle: Opened | None) -> State:
        try:
            if idle is not None:
                await idle.close()
            opened = self._opened[tenant] = await Opened.of(self._state(tenant))
        except (RecsysError, SQLAlchemyError, OSError) as error:
            _log.error("tenant %s cannot be opened: %s", tenant, error)
            what = f"Tenant {tenant} cannot be opened; the service's log has the details"
            raise ProblemError(503, "tenant-unavailable", what) from error
        finally:
            del self._opening[tenant]
        self._asked_at[tenant] = self._seconds()
        return opened.state

    def _take_idle(self) -> Opened:
        """Take out the tenant that was asked for longest ago, if that is long."""
        others = [name for name in self._opened if name != DEFAULT_TENANT]
        longest = min(others, key=self._asked_at.__getitem__, default=None)
        if longest is None or self._seconds() - self._asked_at[longest] < IDLE_S:
            most = f"{self._settings.max_tenants} tenants are open here and in use (TAGREEL_MAX_TENANTS)"
            raise ProblemError(503, "too-many-tenants", f"{most}; try again later")
        del self._asked_at[longest]
        return self._opened.pop(longest)

    def _state(self, tenant: str) -> State:
        return State.of(settings_of(self._settings, tenant), self._clock, self._metrics.of(tenant))
