"""What fitting costs: seconds and peak memory. The only part of an evaluation that differs from run to run."""

import gc
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
PROCESS = Path("/proc/self")


@dataclass(frozen=True)
class Cost:
    """Of fitting one method once."""

    fit_s: float
    peak_mb: float
    """Most memory the process held while fitting, above what it held before, in MiB."""

    def joined(self, other: "Cost") -> "Cost":
        """The longer and the larger of both."""
        return Cost(max(self.fit_s, other.fit_s), max(self.peak_mb, other.peak_mb))


def measured(work: Callable[[], T]) -> tuple[T, Cost]:
    """Do the work and say what it cost.

    On Linux the peak is the kernel's own high-water mark, reset first. Elsewhere it is by how much the process
    passed its former peak: 0 for work that stays below it.
    """
    gc.collect()  # garbage freed during the work would hide what the work takes
    before = _reset_peak()
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    return result, Cost(seconds, max(_peak_mb() - before, 0.0))


def _reset_peak() -> float:
    """Make the present memory the peak where the system allows it; the peak then, in MiB."""
    try:
        (PROCESS / "clear_refs").write_text("5")
    except OSError:
        return _peak_mb()
    return _peak_mb()


def _peak_mb() -> float:
    try:
        status = (PROCESS / "status").read_text()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (2**20 if sys.platform == "darwin" else 2**10)
    return int(status.split("VmHWM:")[1].split()[0]) / 2**10
