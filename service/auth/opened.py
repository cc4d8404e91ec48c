"""One tenant while it is served: its state, and what goes on behind its requests."""

import asyncio
from dataclasses import dataclass

from service.live import repeat
from service.state import State
from service.storage.migrate import prepare
from service.threads import in_thread

METRICS_S = 1.0
"""How often the metrics take over how the app stands."""

FOLD_S = 0.25
"""How often the store's log is folded into its file: the longer it is, the longer writes wait for the disk."""

TRIALS_S = 2.0
"""How often exploration learns, where it is on for every request."""


@dataclass(frozen=True)
class Opened:
    """A state whose store and bundle are followed until it is closed."""

    state: State
    tasks: tuple[asyncio.Task[None], ...]

    @classmethod
    async def of(cls, state: State) -> "Opened":
        """Open the store and the live bundle, and follow both. The store is closed again where that fails."""
        try:
            await in_thread(prepare, state.store)
            await state.live.follow_shelf()
            await state.trying.follow()
        except BaseException:
            state.store.close()
            raise
        settings = state.settings
        steps = (
            repeat(settings.reload_s, state.live.follow_shelf),
            repeat(settings.sync_s, state.live.follow_store),
            repeat(settings.sync_s, state.trying.follow),
            *([repeat(TRIALS_S, state.trials.follow)] if settings.explore else []),
            repeat(settings.flush_s, state.shown.flush),
            repeat(FOLD_S, state.store.fold),
            repeat(METRICS_S, state.measure),
        )
        return cls(state, tuple(asyncio.create_task(one) for one in steps))

    async def close(self) -> None:
        """Stop following, write what waits, and close the store."""
        try:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            await self.state.shown.flush()
        finally:
            self.state.metrics.closed()
            self.state.ranker.close()
            self.state.store.close()
