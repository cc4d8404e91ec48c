"""`tagreel benchmark trade-off`."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import as_text, progress_on


def trade_off(
    datasets: Annotated[Path, typer.Option(metavar="FOLDER", help="Holds a folder for each data set.")],
    data: Annotated[str, typer.Option(help="Which data set.")] = "ml-latest-small",
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON on standard output.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write trade-off.json and trade-off.svg here.")
    ] = None,
) -> None:
    """What diversity, calibration and exposure of new videos cost in accuracy, strength by strength.

    Examples:

        tagreel benchmark trade-off --datasets ~/datasets --out docs/results
    """
    from pipelines.benchmark.trade_off import run_trade_off

    with progress_on() as progress:
        found = run_trade_off(datasets, data, progress=progress)
    print(as_text(found.figures()) if json else "\n".join(found.lines()))
    if out:
        found.write(out)
