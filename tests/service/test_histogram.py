"""Many values at once are the same as one after the other."""

import prometheus_client
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from service.histogram import Histogram

BUCKETS = (0.5, 1, 2)
VALUES = st.lists(st.one_of(st.sampled_from([*BUCKETS, -1.0, 0.0]), st.floats(-3, 5)), max_size=20)


def samples(histogram: prometheus_client.Histogram) -> list[tuple]:
    [family] = histogram.collect()
    return [(one.name, one.labels, round(one.value, 9)) for one in family.samples if not one.name.endswith("_created")]


@given(VALUES)
def test_all_at_once_is_each_by_itself(values: list[float]):
    ours = Histogram("x", "x", ["who"], buckets=BUCKETS, registry=CollectorRegistry())
    theirs = prometheus_client.Histogram("x", "x", ["who"], buckets=BUCKETS, registry=CollectorRegistry())
    ours.labels("a").observe_all(values)
    theirs.labels("a")
    for one in values:
        theirs.labels("a").observe(one)
    assert samples(ours) == samples(theirs)
