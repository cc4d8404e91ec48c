"""What a piece of work costs: its time by the wall and by the processor, and the process's peak memory."""

import os
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType


@dataclass(frozen=True)
class Cost:
    """What one step cost."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


class Clock:
    """Runs within its `with` block; what stands before the block is preparation and is not counted."""

    def __enter__(self) -> "Clock":
        self._wall, self._cpu = time.perf_counter(), _cpu_seconds()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.seconds, self.cpu_seconds = time.perf_counter() - self._wall, _cpu_seconds() - self._cpu

    def cost(self) -> Cost:
        """Time of the block, peak memory of the whole process so far."""
        return Cost(self.seconds, self.cpu_seconds, peak_bytes())


def peak_bytes() -> int:
    """The most memory this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
