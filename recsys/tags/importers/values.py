"""How vendors write times, confidences, languages and rectangles; each as ours."""

import re
from itertools import pairwise
from math import isfinite
from statistics import median

from recsys.tags.importers.result import Frame, Status
from recsys.tags.payload import Field

LONGEST_MS = 30 * 86_400_000
"""No video lasts longer; what says so is no time."""
POINT_MS = 1000
"""How far a moment reaches where the vendor's sampling is not known."""
LONGEST_POINT_MS = 2000
"""How far it reaches at most: moments far apart are no sampling."""
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)", re.ASCII)
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s", re.ASCII)
_STATUS: dict[str, Status] = {
    "success": "success", "succeeded": "success", "processed": "success", "ok": "success", "complete": "success",
    "fail": "failed", "failed": "failed", "quarantined": "failed", "error": "failed",
    "init": "running", "processing": "running", "submitted": "running", "in_progress": "running",
    "uploaded": "running", "reserved": "running", "analysing": "running",
}  # fmt: skip


def milliseconds(field: Field, per_unit: float = 1.0) -> int:
    """A number or text of milliseconds, or with `per_unit=1000` of seconds."""
    return _checked(field, field.number() * per_unit)


def duration(field: Field) -> int:
    """ms of `"12.5s"` or of `{"seconds": "12", "nanos": 500000000}`; a missing one is 0, as its format has it."""
    if not field:
        return 0
    if isinstance(field.value, dict):
        seconds, nanos = field["seconds"], field["nanos"]
        return _checked(field, (seconds.number() if seconds else 0) * 1e3 + (nanos.number() if nanos else 0) / 1e6)
    found = _SECONDS.fullmatch(field.text())
    if not found:
        raise field.fail("it must look like 12.5s")
    return _checked(field, float(found[1]) * 1e3)


def clock(field: Field) -> int:
    """ms of `H:MM:SS.f`, also with stray blanks in it."""
    found = _CLOCK.fullmatch(field.text().replace(" ", ""))
    if not found:
        raise field.fail("it must look like 0:01:23.5")
    hours, minutes, seconds = (float(one or 0) for one in found.groups())
    return _checked(field, ((hours * 60 + minutes) * 60 + seconds) * 1e3)


def stretch(start: int, end: int, field: Field) -> tuple[int, int]:
    """Both, once they are in order."""
    if start > end:
        raise field.fail(f"it starts at {start} ms and ends at {end} ms; a stretch ends after it starts")
    return start, end


def reach(moments: list[int]) -> int:
    """How far each of some moments reaches: the median gap between them, within bounds.

    >>> reach([3260, 4000, 5000, 8410, 10000, 10760, 12000, 13000]), reach([5000]), reach([0, 60_000])
    (1000, 1000, 2000)
    """
    ordered = sorted(set(moments))
    gaps = [later - earlier for earlier, later in pairwise(ordered)]
    return min(round(median(gaps)), LONGEST_POINT_MS) if gaps else POINT_MS


def confidence(field: Field, full: float = 1.0) -> float | None:
    """In [0, 1]; None where it is missing or below 0, which is how some say that they do not know.

    Args:
        field: a number.
        full: what the vendor's scale ends at. More than that is published now and then, and counts as full.
    """
    if not field:
        return None
    found = field.number() / full
    return None if found < 0 else min(round(found, 6), 1.0)


def language(field: Field) -> str | None:
    """`en` of `en-US`; None where it is missing. Alibaba's `cn` is `zh`."""
    found = re.split(r"[-_]", field.text().lower())[0]
    return "zh" if found == "cn" else found or None


def status(field: Field, default: Status = "success") -> Status:
    """How far a job is, whatever the case; `default` where it is missing.

    Raises:
        DataError: no vendor's word for it.
    """
    if not field:
        return default
    found = _STATUS.get(field.text().lower())
    if found is None:
        raise field.fail(f"it must be one of {', '.join(_STATUS)}")
    return found


def share_frame(field: Field, left: str, top: str, right: str, bottom: str) -> Frame:
    """A rectangle of shares of the picture, by the keys of its four edges; a missing edge is at 0.

    What stands out of the picture, as boxes of things at its border do, is cut off.
    """
    return _shares(field, *(field[key].number() if field[key] else 0.0 for key in (left, top, right, bottom)))


def sized_frame(field: Field, keys: tuple[str, str, str, str]) -> Frame:
    """A rectangle of shares by the keys of its left, top, width and height."""
    left, top, width, height = (field[key].number() if field[key] else 0.0 for key in keys)
    return _shares(field, left, top, left + width, top + height)


def pixel_frame(field: Field, left: float, top: float, right: float, bottom: float) -> Frame:
    """A rectangle in pixels."""
    if not (0 <= left <= right and 0 <= top <= bottom):
        raise field.fail("a rectangle's edges must be in order, and not below 0")
    return Frame(left=left, top=top, right=right, bottom=bottom, unit="pixel")


def _shares(field: Field, left: float, top: float, right: float, bottom: float) -> Frame:
    if not (left <= right and top <= bottom):
        raise field.fail("a rectangle's edges must be in order")
    cut = (round(min(max(one, 0.0), 1.0), 6) for one in (left, top, right, bottom))
    return Frame(**dict(zip(("left", "top", "right", "bottom"), cut, strict=True)), unit="share")


def _checked(field: Field, ms: float) -> int:
    if not (isfinite(ms) and 0 <= ms <= LONGEST_MS):
        raise field.fail(f"a time in a video is within 0 and {LONGEST_MS // 86_400_000} days")
    return round(ms)
