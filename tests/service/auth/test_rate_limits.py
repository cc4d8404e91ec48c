"""A bucket a key: full at first, filled evenly, never over its size."""

import pytest

from service.auth import rate_limits
from service.auth.rate_limits import RateLimits


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def limits(seconds) -> RateLimits:
    return RateLimits(seconds)


def test_a_minutes_worth_goes_at_once_and_then_one_by_one(limits, seconds):
    taken = [limits.take("k", 6) for _ in range(8)]
    assert [one.wait_s for one in taken] == [0, 0, 0, 0, 0, 0, 10, 10]
    assert [one.remaining for one in taken] == [5, 4, 3, 2, 1, 0, 0, 0]
    assert [one.reset_s for one in taken] == [10, 20, 30, 40, 50, 60, 60, 60]
    seconds.now = 9.9
    assert limits.take("k", 6).wait_s == 1
    seconds.now = 10.0
    assert limits.take("k", 6).wait_s == 0
    assert limits.take("k", 6).wait_s == 10


def test_a_long_rest_fills_no_more_than_the_bucket(limits, seconds):
    limits.take("k", 2)
    seconds.now = 10_000
    assert [limits.take("k", 2).wait_s for _ in range(3)] == [0, 0, 30]


def test_in_any_minute_at_most_twice_the_limit_and_in_the_long_run_the_limit(limits, seconds):
    passed = 0
    for step in range(6000):
        seconds.now = step / 10
        passed += limits.take("k", 30).wait_s == 0
    assert passed == 30 + 299  # the bucket, then one every two seconds of ten minutes


def test_buckets_are_apart(limits):
    assert limits.take("a", 1).wait_s == 0
    assert limits.take("b", 1).wait_s == 0
    assert limits.take("a", 1).wait_s == 60


def test_a_smaller_limit_counts_at_once(limits):
    limits.take("k", 1000)
    assert limits.take("k", 2).remaining == 1


def test_the_bucket_used_longest_ago_is_dropped(limits, monkeypatch):
    monkeypatch.setattr(rate_limits, "MOST_BUCKETS", 2)
    for who in ("a", "b", "a", "c"):
        limits.take(who, 1)
    assert limits.take("a", 1).wait_s > 0
    assert limits.take("b", 1).wait_s == 0


def test_the_headers_are_those_of_the_standard(limits):
    assert dict(limits.take("k", 60).headers()) == {
        b"ratelimit-limit": b"60",
        b"ratelimit-remaining": b"59",
        b"ratelimit-reset": b"1",
    }
