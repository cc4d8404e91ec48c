"""Small work that follows every request, done for many of them at once: a processor that has just done the same thing
does it again in a fraction of the time."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
WAITS_S = 0.1
"""How long what is few waits for more."""


class Batched(Generic[Item]):
    """Collects items, and hands them on when there are many or the first has waited long enough.

    For one event loop; where none runs, each item is handed on at once.

    Args:
        work: takes items in their order; does not raise.
        most: how many wait at most; so long is a request held up at worst.
    """

    def __init__(self, work: Callable[[Sequence[Item]], None], most: int) -> None:
        self._work, self._most = work, most
        self._waiting: list[Item] = []
        self._due_in: asyncio.AbstractEventLoop | None = None

    def add(self, item: Item) -> None:
        """Let an item wait."""
        self._waiting.append(item)
        if len(self._waiting) >= self._most:
            self.flush()
        elif self._due_in is None or self._due_in.is_closed():
            self._start_waiting()

    def flush(self) -> None:
        """Hand on what waits."""
        if self._waiting:
            taken, self._waiting = self._waiting, []
            self._work(taken)

    def _start_waiting(self) -> None:
        try:
            self._due_in = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            self._due_in.call_later(WAITS_S, self._flush_due)

    def _flush_due(self) -> None:
        self._due_in = None
        self.flush()
