"""`tagreel off-policy`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.cli.console import as_text
from pipelines.cli.options import JsonOption


def off_policy(
    impressions: Annotated[Path, typer.Option(metavar="FILE", help="What was shown, with its propensity.")],
    events: Annotated[Path, typer.Option(metavar="FILE", help="What came of it.")],
    wanted: Annotated[Path, typer.Option(metavar="FILE", help="How likely the other policy was to show the same.")],
    reward: Annotated[list[str] | None, typer.Option(help="A type of event worth 1. [default: play, finish]")] = None,
    reading: Annotated[
        Literal["cascade", "slot"], typer.Option(help="Whether propensities are given the videos above, or alone.")
    ] = "cascade",
    clip: Annotated[float | None, typer.Option(help="Cut weights above this.")] = None,
    json: JsonOption = False,
) -> None:
    """Estimate from logged propensities what another policy would have been worth.

    All files are Parquet. The one of the other policy has request_id, position, video_id and probability.

    Examples:

        tagreel off-policy --impressions sim/impressions.parquet --events sim/events.parquet --wanted other.parquet
    """
    from pipelines.off_policy import estimate  # brings pandas, which --help need not wait for

    found = estimate(impressions, events, wanted, tuple(reward or ("play", "finish")), reading, clip)
    print(as_text(found.figures()) if json else "\n".join(found.lines()))
