"""Something that is done within a moment, once for everything that asks for it meanwhile."""

import asyncio
from collections.abc import Callable

WAITS_S = 0.1


class Soon:
    """Does its work when the moment is over, in whichever event loop runs where it is asked for."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._due_in: asyncio.AbstractEventLoop | None = None

    def ask(self) -> bool:
        """See to it that the work is done soon; False where no loop runs that could."""
        if self._due_in is not None and not self._due_in.is_closed():
            return True
        try:
            self._due_in = asyncio.get_running_loop()
        except RuntimeError:
            return False
        self._due_in.call_later(WAITS_S, self._do)
        return True

    def _do(self) -> None:
        self._due_in = None
        self._work()
