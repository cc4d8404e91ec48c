"""Makes shortlists beside the requests: it takes milliseconds, and who asks for a kept one need not wait for it."""

import asyncio
from collections.abc import Callable, Hashable
from typing import TypeVar

from service.shortlists import NotKeptError
from service.threads import A_LITTLE, one_thread

Result = TypeVar("Result")


class Ranker:
    """Makes one after the other in a thread of its own, each once, however many wait for it. For one event loop."""

    def __init__(self) -> None:
        self._thread = one_thread("ranker", A_LITTLE)
        self._under_way: dict[tuple[int, Hashable], asyncio.Task[None]] = {}

    async def keep(self, missing: NotKeptError) -> None:
        """Have a shortlist made and kept. It is, even if who waits for it goes away."""
        which = id(missing.shortlists), missing.key
        task = self._under_way.get(which)
        if task is None:
            task = self._under_way[which] = asyncio.create_task(self._made(missing))
            task.add_done_callback(lambda _: self._under_way.pop(which))
        await asyncio.shield(task)

    async def do(self, work: Callable[[], Result]) -> Result:
        """Do other work that takes milliseconds, in the same thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _made(self, missing: NotKeptError) -> None:
        listed = await self.do(missing.make)
        missing.shortlists.keep(missing.key, listed)

    def close(self) -> None:
        """Finish what is under way."""
        self._thread.shutdown(wait=True)
