"""`tagreel benchmark pipeline`: every step's time and peak memory, beside bare engines that do the same work.

It prints figures and ratios and judges none.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from pipelines.benchmark.child import measured
from pipelines.benchmark.clock import Cost
from pipelines.benchmark.setting import Setting
from pipelines.benchmark.steps import STEPS, Step
from pipelines.progress import Progress, quiet

GIB = 2**30


@dataclass(frozen=True)
class Ratio:
    """A step of the pipeline over the bare engine beside it."""

    time: float
    cpu_time: float
    memory: float


@dataclass(frozen=True)
class Run:
    """All steps at one size."""

    setting: Setting
    costs: dict[str, Cost]

    @property
    def ratios(self) -> dict[str, Ratio]:
        """By names like `join / scipy product`."""
        beside = [(step.beside, name) for name, step in STEPS.items() if step.beside and name in self.costs]
        return {f"{ours} / {bare}": ratio(self.costs[ours], self.costs[bare]) for ours, bare in beside}

    @property
    def ring_seconds(self) -> float:
        """The pipeline's own steps together."""
        return sum(cost.seconds for name, cost in self.costs.items() if STEPS[name].in_ring)

    @property
    def ring_peak_bytes(self) -> int:
        """The most that one of the pipeline's own steps held."""
        return max(cost.peak_bytes for name, cost in self.costs.items() if STEPS[name].in_ring)

    def lines(self) -> list[str]:
        """A table, then the ratios."""
        head = f"{'step':<16}{'seconds':>10}{'CPU s':>10}{'peak GiB':>10}"
        rows = [_row(name, cost, STEPS[name], self.setting.iterations) for name, cost in self.costs.items()]
        ring = f"{'whole ring':<16}{self.ring_seconds:>10.1f}{'':>10}{self.ring_peak_bytes / GIB:>10.2f}"
        rest = [f"{name}: {seconds:.1f} s besides {part}" for name, part, seconds in self.one_off()]
        return [self.setting.title(), head, *rows, ring, *rest, *(_ratio_line(*one) for one in self.ratios.items())]

    def one_off(self) -> list[tuple[str, str, float]]:
        """(whole, part, seconds of the whole besides that part) of what is measured in part and whole."""
        parts = [(step.part_of, name) for name, step in STEPS.items() if step.part_of and step.iterated]
        return [(whole, name, self.costs[whole].seconds - self.costs[name].seconds) for whole, name in parts]


@dataclass(frozen=True)
class PipelineBenchmark:
    """One run a size, smallest first."""

    runs: list[Run]

    @property
    def growth(self) -> list[dict[str, Ratio]]:
        """From each size to the next, how many times each step costs."""
        return [
            {name: ratio(cost, smaller.costs[name]) for name, cost in larger.costs.items()}
            for smaller, larger in pairwise(self.runs)
        ]

    def figures(self) -> dict[str, Any]:
        """For machines: seconds, bytes and ratios."""
        runs = [
            {**asdict(run), "ratios": {name: asdict(one) for name, one in run.ratios.items()},
             "ring": {"seconds": run.ring_seconds, "peak_bytes": run.ring_peak_bytes}}
            for run in self.runs
        ]  # fmt: skip
        growth = [{name: asdict(one) for name, one in steps.items()} for steps in self.growth]
        return {"runs": runs, "growth": growth}

    def lines(self) -> list[str]:
        """For people."""
        tables = [line for run in self.runs for line in [*run.lines(), ""]]
        return [*tables, *self._growth_lines()]

    def _growth_lines(self) -> Iterator[str]:
        for (smaller, larger), growth in zip(pairwise(self.runs), self.growth, strict=True):
            yield f"growth from {smaller.setting.n_events:,} to {larger.setting.n_events:,} events"
            for one in growth.items():
                yield "  " + _ratio_line(*one)


def run_pipeline(settings: list[Setting], progress: Progress = quiet) -> PipelineBenchmark:
    """Run every step at every size, each step in a process of its own.

    Machine code is made before the first clock starts, on a platform of 100 events.
    """
    warm = replace(settings[0], n_events=100, n_viewers=10, n_videos=50, n_tags=20, tags_per_video=2)
    for name in ("simulate", "ingest", "join"):
        progress(f"preparing {name}", None)
        measured(name, replace(warm, workspace=f"{warm.workspace}/warm"))
    return PipelineBenchmark([_run(setting, progress) for setting in settings])


def _run(setting: Setting, progress: Progress) -> Run:
    costs: dict[str, Cost] = {}
    for name in STEPS:
        progress(f"{name}, {setting.n_events:,} events", None)
        costs[name] = measured(name, setting)
    return Run(setting, costs)


def ratio(one: Cost, other: Cost) -> Ratio:
    """How many times the other's cost."""
    return Ratio(
        _over(one.seconds, other.seconds),
        _over(one.cpu_seconds, other.cpu_seconds),
        _over(one.peak_bytes, other.peak_bytes),
    )


def _over(one: float, other: float) -> float:
    return one / other if other else float("nan")


def _row(name: str, cost: Cost, step: Step, iterations: int) -> str:
    each = f"  {cost.seconds / iterations:.2f} s an iteration" if step.iterated else ""
    return f"{name:<16}{cost.seconds:>10.1f}{cost.cpu_seconds:>10.1f}{cost.peak_bytes / GIB:>10.2f}{each}"


def _ratio_line(name: str, found: Ratio) -> str:
    return f"{name}: {found.time:.2f} × the time, {found.cpu_time:.2f} × the CPU time, {found.memory:.2f} × the memory"
