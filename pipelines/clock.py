"""The clock, in ms since 1970 UTC."""

import time


def now_ms() -> int:
    """The current time."""
    return time.time_ns() // 1_000_000
