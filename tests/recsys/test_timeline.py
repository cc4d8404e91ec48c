import numpy as np
import pandas as pd
import pytest

from recsys.errors import LeakError
from recsys.schema import DAY_MS, NEVER
from recsys.timeline import ages_days, decay, from_ms, iso, require_known_before, to_ms

MOMENTS = ["2024-02-29T12:00:00.123Z", "1969-12-31T23:59:59.999Z", None, "1970-01-01T00:00:00Z"]
MS = [1_709_208_000_123, -1, NEVER, 0]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_timestamps_become_milliseconds_and_missing_ones_never(unit):
    series = pd.Series(pd.to_datetime(MOMENTS, utc=True, format="ISO8601")).astype(f"datetime64[{unit}, UTC]")
    assert to_ms(series).tolist() == MS


def test_times_of_another_zone_are_counted_in_utc():
    series = pd.Series(pd.to_datetime(["2024-01-01T02:00:00+02:00"])).dt.tz_convert("Asia/Tokyo")
    assert to_ms(series).tolist() == [1_704_067_200_000]


def test_milliseconds_become_timestamps_again():
    found = from_ms(np.array(MS))
    assert found.dtype == np.dtype("datetime64[ms]")
    assert np.isnat(found).tolist() == [False, False, True, False]
    assert str(found[0]) == "2024-02-29T12:00:00.123"
    assert str(found[1]) == "1969-12-31T23:59:59.999"


def test_a_time_is_written_with_its_milliseconds():
    assert [iso(ms) for ms in MS] == [
        "2024-02-29T12:00:00.123Z", "1969-12-31T23:59:59.999Z", "never", "1970-01-01T00:00:00.000Z"
    ]  # fmt: skip


@pytest.mark.parametrize("ms", [10**17, -(10**17), NEVER - 1])
def test_a_time_that_no_calendar_reaches_can_still_be_told(ms):
    assert iso(ms) == f"{ms} ms since 1970"


def test_weights_halve_with_every_half_life_and_never_grow():
    np.testing.assert_allclose(decay(np.array([0, 7, 14, -5], np.float32), 7), [1, 0.5, 0.25, 1])
    assert decay(np.array([1e9], np.float32), float("inf")).tolist() == [1]


def test_ages_are_in_days_and_not_negative():
    assert ages_days(np.array([0, DAY_MS, 3 * DAY_MS]), 2 * DAY_MS).tolist() == [2, 1, 0]


def test_what_was_known_strictly_before_passes():
    require_known_before(np.array([1, 2]), np.array([2, 3]), "x")
    require_known_before(np.array([1, 2]), 3, "x")
    require_known_before(np.empty(0, np.int64), 3, "x")


@pytest.mark.parametrize("used_at", [np.array([9, 2000, 9]), 2000])
def test_what_was_not_is_refused_with_the_first_place_and_both_times(used_at):
    known = np.array([1, 2000, NEVER])
    message = r"the tags would leak the future: 2 of 3 values, first at position 1, known at 1970-01-01T00:00:02.000Z"
    with pytest.raises(LeakError, match=message):
        require_known_before(known, used_at, "the tags")


def test_what_became_known_nobody_knows_when_is_refused():
    with pytest.raises(LeakError, match="known at never"):
        require_known_before(np.array([NEVER]), 5, "x")
