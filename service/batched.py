"""Small work that follows every request, done for many of them at once: a processor that has just done the same thing
does it again in a fraction of the time."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from service.soon import Soon

Item = TypeVar("Item")


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
        self._soon = Soon(self.flush)

    def add(self, item: Item) -> None:
        """Let an item wait."""
        self._waiting.append(item)
        if len(self._waiting) >= self._most or not self._soon.ask():
            self.flush()

    def flush(self) -> None:
        """Hand on what waits."""
        if self._waiting:
            taken, self._waiting = self._waiting, []
            self._work(taken)
