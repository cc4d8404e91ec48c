"""`tagreel tag`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli.console import as_text, progress_on
from pipelines.cli.options import JsonOption, SetOption
from recsys.errors import RecsysError


def tag(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Video files.")],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="How to analyse, as TOML; docs/tagging.md.")
    ] = None,
    set_: SetOption = None,
    title: Annotated[str, typer.Option(help="What the video is called; keywords and topics read it too.")] = "",
    json: JsonOption = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write an HTML page with pictures here.")] = None,
) -> None:
    """Find tags in video files: what is seen, heard, said and written, and when.

    Nothing leaves this machine unless the configuration names an endpoint. A file that cannot be analysed is told, and
    the next one is taken.

    Examples:

        tagreel tag holiday.mp4

        tagreel tag *.mp4 --json > tags.json

        tagreel tag holiday.mp4 --report holiday.html --set only='["shots", "captions"]'
    """
    from pipelines.tagging.chain import Chain, Tagged  # brings numpy, which --help need not wait for
    from pipelines.tagging.config import read_tagging_config
    from pipelines.tagging.fused import tags_of
    from pipelines.tagging.report import page
    from pipelines.tagging.summary import lines, values

    chosen = read_tagging_config(config, set_ or ())
    chain = Chain(chosen)
    told: list[dict[str, Any]] = []
    tagged: list[tuple[Tagged, Any]] = []
    n_failed = 0
    for file in files:
        try:
            with progress_on() as progress:
                found = chain.tag(file, title, progress)
        except RecsysError as error:
            n_failed += 1
            told.append({"file": str(file), "error": str(error)})
            print(f"error: {error}", file=sys.stderr)
            continue
        tags = tags_of(found, chosen.fusion)
        told.append(values(found, tags))
        if report:
            tagged.append((found, tags))
        if not json:
            print("\n".join(lines(found, tags)) + "\n")
    if json:
        print(as_text({"videos": told}))
    if report and tagged:
        report.write_text(page(tagged), encoding="utf-8")
        print(f"page: {report}", file=sys.stderr)
    if n_failed:
        raise typer.Exit(1)
