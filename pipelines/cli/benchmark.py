"""`tagreel benchmark`: what the pipeline costs."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pipelines.benchmark.accuracy import run_accuracy
from pipelines.benchmark.cost import EVENTS, VIDEOS, run_cost
from pipelines.benchmark.pipeline import run_pipeline
from pipelines.benchmark.serve import run_serve
from pipelines.benchmark.setting import Setting
from pipelines.benchmark.tagging import run_tagging
from pipelines.cli.console import as_text, progress_on
from pipelines.cli.disturbed import chaos, freshness
from pipelines.cli.fusion import fusion
from pipelines.cli.trade_off import trade_off

app = typer.Typer(no_args_is_help=True, help="Measure what the pipeline costs, beside bare engines.")
app.command("trade-off")(trade_off)
app.command()(freshness)
app.command()(chaos)
app.command("fusion")(fusion)


@app.callback()
def benchmark() -> None:
    """Measure what the pipeline costs, beside bare engines that do the same work."""


@app.command()
def pipeline(
    events: Annotated[list[int] | None, typer.Option(help="How many events; again for a larger size too.")] = None,
    videos: Annotated[int, typer.Option(help="How many videos.")] = 200_000,
    viewers: Annotated[int, typer.Option(help="How many viewers; 0 is one for 50 events.")] = 0,
    tags: Annotated[int, typer.Option(help="How many tags.")] = 20_000,
    tags_per_video: Annotated[int, typer.Option(help="How many tags a video has.")] = 20,
    factors: Annotated[int, typer.Option(help="Size of the factors model.")] = 64,
    iterations: Annotated[int, typer.Option(help="Iterations of the factors model.")] = 3,
    covered: Annotated[int, typer.Option(help="How many videos the item-to-item core covers.")] = 5_000,
    asked: Annotated[int, typer.Option(help="How many viewers the evaluation asks.")] = 1_000,
    threads: Annotated[int, typer.Option(help="Threads of the join and of the factors model.")] = 2,
    workspace: Annotated[Path | None, typer.Option(help="Keep what is made in this folder.")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figures to this file too.")] = None,
) -> None:
    """Time and peak memory of each step, each in a process of its own, and its ratio to the bare engine.

    Examples:

        tagreel benchmark pipeline

        tagreel benchmark pipeline --events 1000000 --events 10000000 --json figures.json
    """
    with tempfile.TemporaryDirectory() as made, progress_on() as progress:
        settings = [
            Setting(
                workspace=str((workspace or Path(made)) / f"{n_events}"), n_events=n_events,
                n_viewers=viewers or max(n_events // 50, 1), n_videos=videos, n_tags=tags,
                tags_per_video=tags_per_video, factors=factors, iterations=iterations, covered=covered,
                asked=asked, threads=threads,
            )
            for n_events in sorted(events or [1_000_000])
        ]  # fmt: skip
        found = run_pipeline(settings, progress)
    print("\n".join(found.lines()))
    if json:
        json.write_text(as_text(found.figures()) + "\n")


@app.command()
def accuracy(
    datasets: Annotated[Path, typer.Option(metavar="FOLDER", help="Holds a folder for each data set.")],
    data: Annotated[list[str] | None, typer.Option(help="Which data set; again for more. All by default.")] = None,
    split: Annotated[list[str] | None, typer.Option(help="Which split; again for more. All by default.")] = None,
    method: Annotated[list[str] | None, typer.Option(help="Which method; again for more. All by default.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the figures, tables and pictures here.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where results are kept, so that a stopped run goes on.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what is kept there.")] = False,
) -> None:
    """The hybrid beside baselines and peers on public data: settings chosen on validation, tested once, with intervals.

    Examples:

        tagreel benchmark accuracy --datasets ~/datasets --out docs/results

        tagreel benchmark accuracy --datasets ~/datasets --data citeulike-a --split warm-cold --method hybrid
    """
    with progress_on() as progress:
        found = run_accuracy(datasets, data or (), split or (), method or (), cache, fresh, progress)
    print("\n".join(found.lines()))
    if out:
        found.write(out)


@app.command()
def cost(
    events: Annotated[list[int] | None, typer.Option(help="How many events; again for more.")] = None,
    videos: Annotated[list[int] | None, typer.Option(help="How many videos; again for more.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write cost.json and cost.svg here.")] = None,
) -> None:
    """Seconds and memory of fitting the default hybrid as events and videos grow, on a simulated platform.

    Examples:

        tagreel benchmark cost --out docs/results

        tagreel benchmark cost --events 10000 --events 50000 --videos 500
    """
    with progress_on() as progress:
        found = run_cost(events or EVENTS, videos or VIDEOS, progress)
    print("\n".join(found.lines()))
    if out:
        found.write(out)


@app.command()
def serve(
    videos: Annotated[list[int] | None, typer.Option(help="How many videos; again for more.")] = None,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each measurement takes.")] = 10.0,
    workspace: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the platforms here, so that the next run finds them.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figures here as JSON.")] = None,
) -> None:
    """Requests a second and latency of the service, beside a route that always answers the same; one worker, one core.

    Examples:

        tagreel benchmark serve

        tagreel benchmark serve --videos 10000 --videos 100000 --videos 1000000 --workspace var/serve --out serve.json
    """
    with tempfile.TemporaryDirectory() as made, progress_on() as progress:
        found = run_serve(sorted(videos or [10_000]), workspace or Path(made), seconds, progress)
    print("\n".join(found.lines()))
    if out:
        found.write(out)


@app.command()
def tagging(
    clip: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the clip here.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figures here as JSON.")] = None,
) -> None:
    """What each analyser of videos costs and finds, on a clip of known content that is made for it.

    Examples:

        tagreel benchmark tagging

        tagreel benchmark tagging --out docs/results/tagging.json
    """
    with progress_on() as progress:
        found = run_tagging(clip, progress)
    print("\n".join(found.lines()))
    if out:
        found.write(out)
