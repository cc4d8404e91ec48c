"""A histogram of Prometheus that takes many values at once."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from math import fsum

import prometheus_client


class Histogram(prometheus_client.Histogram):
    """One of Prometheus' client, whose every value costs three calls and two locks."""

    def observe_all(self, values: Sequence[float]) -> None:
        """Observe values; none is NaN."""
        self._sum.inc(fsum(values))
        for bucket, n in Counter([bisect_left(self._upper_bounds, value) for value in values]).items():
            self._buckets[bucket].inc(n)
