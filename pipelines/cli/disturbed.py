"""`tagreel benchmark freshness` and `tagreel benchmark chaos`: several workers while things change and break."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pipelines.benchmark.chaos import run_chaos
from pipelines.benchmark.freshness import run_freshness
from pipelines.cli.console import progress_on

VideosOption = Annotated[int, typer.Option(min=100, help="How many videos.")]
WorkersOption = Annotated[int, typer.Option(min=2, help="How many processes answer.")]
WorkspaceOption = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Keep the platform here, so that the next run finds it.")
]
OutOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figures here as JSON.")]


def freshness(
    videos: VideosOption = 10_000,
    workers: WorkersOption = 2,
    seconds: Annotated[float, typer.Option(min=1, help="How long.")] = 30.0,
    writes: Annotated[float, typer.Option(min=1, help="Events a second that others write meanwhile.")] = 200.0,
    workspace: WorkspaceOption = None,
    out: OutOption = None,
) -> None:
    """How soon the answers of every worker show an event, a tag's edit and a new video, while others write.

    Examples:

        tagreel benchmark freshness --out docs/results/freshness.json
    """
    with tempfile.TemporaryDirectory() as made, progress_on() as progress:
        found = run_freshness(workspace or Path(made), videos, workers, seconds, writes, progress)
    print("\n".join(found.lines()))
    if out:
        found.write(out)


def chaos(
    videos: VideosOption = 10_000,
    workers: WorkersOption = 2,
    seconds: Annotated[float, typer.Option(min=1, help="Load around each disturbance.")] = 10.0,
    rate: Annotated[float, typer.Option(min=1, help="Requests a second, as far as two cores can.")] = 1_000.0,
    workspace: WorkspaceOption = None,
    out: OutOption = None,
) -> None:
    """What a client with one retry notices of a publish, a rollback, a worker's kill -9 and a restart, under load.

    Examples:

        tagreel benchmark chaos --out docs/results/chaos.json
    """
    with tempfile.TemporaryDirectory() as made, progress_on() as progress:
        found = run_chaos(workspace or Path(made), videos, workers, seconds, rate, progress)
    print("\n".join(found.lines()))
    if out:
        found.write(out)
