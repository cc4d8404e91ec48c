"""The options that every step's verb has."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="The configuration; tagreel.toml here if there is one."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one setting: --set join.cap=2. Repeatable."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on standard output.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Fail at the first bad row instead of setting it aside.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Publish although a gate refuses.")]
