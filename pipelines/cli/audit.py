"""`tagreel audit`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import as_text, progress_on
from pipelines.cli.options import ConfigOption, JsonOption, SetOption


def audit(
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write tag-quality.html here.")] = None,
    most: Annotated[int, typer.Option(min=1, help="Findings of each kind, in JSON and on the page.")] = 200,
    ablate: Annotated[bool, typer.Option(help="Measure what tags and sources add, by fitting without them.")] = True,
) -> None:
    """Say how good the tags are: coverage, demand, twins, spam, missing and wrong ones, and what each adds.

    Reads what `tagreel train` joined; changes nothing.

    Examples:

        tagreel audit

        tagreel audit --out report --json > audit.json

        tagreel audit --no-ablate
    """
    from pipelines.audit import audit_workspace
    from pipelines.config import read_pipeline_config  # brings pandas and scipy, which --help need not wait for

    chosen = read_pipeline_config(config, set_ or ())
    with chosen.folders.locked(), progress_on() as progress:
        found = audit_workspace(chosen, most, ablate, progress)
    print(as_text(found.figures()) if json else "\n".join(found.lines()))
    if out:
        print(f"page: {found.write(out)}", file=sys.stderr)
