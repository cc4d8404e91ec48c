"""`tagreel benchmark cost`: seconds and memory of fitting the default hybrid as events and videos grow.

The platform is simulated. `python -m pipelines.benchmark.cost EVENTS VIDEOS` fits one size in a process of its own and
prints its cost as JSON.
"""

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.join.run import join_tables
from pipelines.progress import Progress, quiet
from recsys.datasets.simulator import SimulatorConfig, simulate
from recsys.errors import RecsysError
from recsys.evaluation.charts import BEST, FAINT, OTHER, STYLE
from recsys.evaluation.cost import measured
from recsys.models.calibrate import fit_hybrid

EVENTS = (30_000, 100_000, 300_000, 1_000_000)
VIDEOS = (1_000, 3_000, 10_000, 20_000)
FIXED_EVENTS, FIXED_VIDEOS = 100_000, 3_000
A_VIEWER = 50
"""Events of one."""


@dataclass(frozen=True)
class Fitted:
    """What one fit cost."""

    n_events: int
    n_videos: int
    fit_s: float
    peak_mb: float


@dataclass(frozen=True)
class CostBenchmark:
    """Fits that differ in events, then fits that differ in videos."""

    by_events: list[Fitted]
    by_videos: list[Fitted]

    def lines(self) -> list[str]:
        """For people."""
        head = f"{'events':>10}{'videos':>10}{'seconds':>10}{'peak MiB':>10}"
        rows = [*self.by_events, *self.by_videos]
        return [head, *(f"{x.n_events:>10,}{x.n_videos:>10,}{x.fit_s:>10.1f}{x.peak_mb:>10.0f}" for x in rows)]

    def write(self, folder: Path) -> None:
        """`cost.json` and `cost.svg`."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {name: [asdict(one) for one in getattr(self, name)] for name in ("by_events", "by_videos")}
        (folder / "cost.json").write_text(json.dumps(told, indent=1) + "\n")
        (folder / "cost.svg").write_text(self._picture())

    def _picture(self) -> str:
        import matplotlib as mpl  # heavy, and only reports need it
        from matplotlib.figure import Figure

        with mpl.rc_context(STYLE):
            figure = Figure(figsize=(11, 3.6), layout="constrained")
            left, right = figure.subplots(1, 2)
            _draw(left, [(x.n_events, x) for x in self.by_events], f"events, at {FIXED_VIDEOS:,} videos")
            _draw(right, [(x.n_videos, x) for x in self.by_videos], f"videos, at {FIXED_EVENTS:,} events")
            out = io.StringIO()
            figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        return out.getvalue()[out.getvalue().index("<svg") :] + "\n"


def run_cost(
    events: Sequence[int] = EVENTS, videos: Sequence[int] = VIDEOS, progress: Progress = quiet
) -> CostBenchmark:
    """Fit every size once, each in a process of its own.

    Args:
        events: numbers of events, at `FIXED_VIDEOS`.
        videos: numbers of videos, at `FIXED_EVENTS`.
        progress: told of each fit.

    Raises:
        RecsysError: a fit failed.
    """

    def fitted(sizes: Iterable[tuple[int, int]]) -> list[Fitted]:
        found = []
        for n_events, n_videos in sizes:
            progress(f"{n_events:,} events on {n_videos:,} videos", None)
            found.append(_in_a_process(n_events, n_videos))
        return found

    return CostBenchmark(fitted((n, FIXED_VIDEOS) for n in events), fitted((FIXED_EVENTS, n) for n in videos))


def _in_a_process(n_events: int, n_videos: int) -> Fitted:
    command = [sys.executable, "-m", "pipelines.benchmark.cost", str(n_events), str(n_videos)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise RecsysError(f"{n_events} events on {n_videos} videos ended with {done.returncode}, saying: {said[-1]}")
    return Fitted(n_events, n_videos, **json.loads(done.stdout.splitlines()[-1]))


def _draw(panel: Any, points: list[tuple[int, Fitted]], label: str) -> None:
    """Seconds and GiB over a size, both axes logarithmic."""
    sizes = [size for size, _ in points]
    panel.plot(sizes, [one.fit_s for _, one in points], "D-", color=BEST, label="seconds")
    panel.plot(sizes, [one.peak_mb / 1024 for _, one in points], "o--", color=OTHER, label="peak GiB")
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel(label)
    panel.grid(color=FAINT, linewidth=0.8)
    panel.legend(frameon=False)


def main() -> None:
    """What the new process does."""
    n_events, n_videos = map(int, sys.argv[1:])
    config = SimulatorConfig(n_events=n_events, n_viewers=max(n_events // A_VIEWER, 1), n_videos=n_videos)
    with tempfile.TemporaryDirectory() as folder:
        simulate(config, Path(folder))
        data = join_tables(Path(folder)).data
    _, cost = measured(lambda: fit_hybrid(data))
    print(json.dumps(asdict(cost)))


if __name__ == "__main__":
    main()
