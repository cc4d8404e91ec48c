"""`tagreel benchmark fusion`."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import as_text, progress_on


def fusion(
    clips: Annotated[int, typer.Option(min=60, help="How many clips to make; half of them are held out.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed makes the same clips.")] = 7,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON on standard output.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write fusion.json and fusion-reliability.svg here.")
    ] = None,
) -> None:
    """Tags by fusion, by each analyser alone and by plain unions, on made clips whose tags are known.

    Examples:

        tagreel benchmark fusion --out docs/results
    """
    from pipelines.benchmark.fusion import run_fusion
    from recsys.datasets.labelled_clips import ClipConfig

    with progress_on() as progress:
        found = run_fusion(ClipConfig(n_clips=clips, seed=seed), progress)
    print(as_text(found.figures()) if json else "\n".join(found.lines()))
    if out:
        found.write(out)
