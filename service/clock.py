"""The clock of the service, in ms since 1970 UTC; tests pass their own."""

import time
from collections.abc import Callable

Clock = Callable[[], int]


def now_ms() -> int:
    """The current time."""
    return time.time_ns() // 1_000_000
