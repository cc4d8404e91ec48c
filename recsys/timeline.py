"""Time: one representation (ms since 1970 UTC), half-life decay, and the guard against seeing the future."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from recsys.errors import LeakError, require
from recsys.schema import DAY_MS, NEVER, Floats, Times

if TYPE_CHECKING:  # frames come from pipelines; the serving process never loads pandas
    import pandas as pd


def to_ms(times: pd.Series) -> Times:
    """(n,) ms since 1970 UTC from a UTC timestamp column; `NEVER` where it is missing."""
    stamps = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[ms]")
    return np.where(np.isnat(stamps), NEVER, stamps.astype(np.int64))


def from_ms(times: Times) -> np.ndarray:
    """(n,) datetime64[ms], UTC, from ms since 1970; NaT where the time is `NEVER`."""
    known = np.where(times == NEVER, np.iinfo(np.int64).min, times)  # numpy reads the smallest integer as NaT
    return known.astype("datetime64[ms]")


def iso(ms: int) -> str:
    """One time in ISO 8601, UTC; `never` for `NEVER`, and as it is where no calendar reaches.

    >>> iso(0), iso(NEVER)
    ('1970-01-01T00:00:00.000Z', 'never')
    """
    if ms == NEVER:
        return "never"
    second, rest = divmod(ms, 1000)
    try:
        return f"{_iso_second(second)}.{rest:03d}Z"
    except (ValueError, OverflowError):
        return f"{ms} ms since 1970"  # beyond the year 9999, or before the year 1


@lru_cache(256)
def _iso_second(second: int) -> str:
    """Kept, since a service says the same second of many answers."""
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None).isoformat()


def decay(ages_days: Floats, half_life_days: float) -> Floats:
    """What is left of a weight after these ages: 2^(-age / half-life); nothing decays at an infinite half-life.

    >>> decay(np.array([0, 30], np.float32), 30).tolist()
    [1.0, 0.5]
    """
    return np.exp2(-np.maximum(ages_days, 0) / np.float32(half_life_days)).astype(np.float32)


def ages_days(times: Times, as_of: int) -> Floats:
    """(n,) days from each time to `as_of`, 0 for times after it."""
    return (np.maximum(as_of - times, 0) / DAY_MS).astype(np.float32)


def require_known_before(known_at: Times, used_at: Times | int, what: str) -> None:
    """Refuse anything that was not yet known, strictly, when it is used.

    Args:
        known_at: (n,) when each value became known.
        used_at: (n,) or one time, when each value is used.
        what: named in the error.

    Raises:
        LeakError: with the first offending position and both times.
    """
    late = np.flatnonzero(known_at >= used_at)
    if not len(late):
        return
    first = late[0]
    used = int(used_at if isinstance(used_at, int) else used_at[first])
    require(
        False,
        f"{what} would leak the future: {len(late)} of {len(known_at)} values, first at position {first}, "
        f"known at {iso(int(known_at[first]))} and used at {iso(used)}; it must be known strictly before",
        LeakError,
    )
