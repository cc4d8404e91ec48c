"""What a person or a machine sees: progress on standard error, the summary on standard output."""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from pipelines.progress import Progress


class Summary(Protocol):
    """What a step returns: a frozen dataclass that can also speak to people."""

    def lines(self) -> list[str]:
        """The summary in words, a line each."""
        ...


def show(summary: Any, as_json: bool) -> None:
    """Print one step's summary on standard output."""
    print(as_text(asdict(summary)) if as_json else "\n".join(summary.lines()))


def as_text(values: dict[str, Any]) -> str:
    """Strict JSON: paths as text, numbers that JSON lacks as null."""
    return json.dumps(_plain(values), indent=2, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    return value.item() if hasattr(value, "item") else value


@contextmanager
def progress_on(stream: Any = None) -> Iterator[Progress]:
    """A `Progress` that draws bars on a terminal, and writes one plain line for each new thing done elsewhere."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield _PlainLines(stream)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(file=stream), transient=True) as bars:
        yield _Bars(bars)


class _PlainLines:
    def __init__(self, stream: Any) -> None:
        self.stream, self.last = stream, ""

    def __call__(self, what: str, done: float | None = None) -> None:
        if what != self.last:
            print(what, file=self.stream, flush=True)
        self.last = what


class _Bars:
    def __init__(self, bars: Bars) -> None:
        self.bars, self.task, self.last = bars, TaskID(-1), ""

    def __call__(self, what: str, done: float | None = None) -> None:
        if what != self.last:
            if self.last:
                self.bars.remove_task(self.task)
            self.task, self.last = self.bars.add_task(what, total=None), what
        if done is not None:
            self.bars.update(self.task, total=1.0, completed=done)
