"""Limits of requests a minute: a bucket of tokens for each key and each viewer with a token of theirs."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_BUCKETS = 100_000
"""Beyond it the one that was used longest ago is dropped, which is nearly always full again."""


@dataclass(frozen=True)
class Allowance:
    """How a limit stands after a request."""

    limit: int
    """Requests a minute, and at most at once."""
    remaining: int
    reset_s: int
    """Until all are there again."""
    wait_s: int
    """Until the next request is let through; 0 where this one is."""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """As the answer tells it."""
        told = {"ratelimit-limit": self.limit, "ratelimit-remaining": self.remaining, "ratelimit-reset": self.reset_s}
        return [(name.encode(), str(value).encode()) for name, value in told.items()]


class RateLimits:
    """The buckets of one process; each holds a minute's requests and fills evenly. Several workers count apart."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what is in it, as of when

    def take(self, who: str, per_minute: int) -> Allowance:
        """Count a request, unless the bucket is empty.

        Args:
            who: whose bucket.
            per_minute: its size, and how much flows in a minute.
        """
        now, a_second = self._seconds(), per_minute / 60
        held, since = self._buckets.get(who, (per_minute, now))
        held = min(per_minute, held + (now - since) * a_second)
        is_let_through = held >= 1
        left = held - 1 if is_let_through else held
        self._buckets[who] = left, now
        self._buckets.move_to_end(who)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        wait_s = 0 if is_let_through else math.ceil((1 - held) / a_second)
        return Allowance(per_minute, int(left), math.ceil((per_minute - left) / a_second), wait_s)
