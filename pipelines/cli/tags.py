"""`tagreel tags`: what vendors say of videos."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import as_text, progress_on, show
from pipelines.cli.options import ConfigOption, JsonOption, SetOption

app = typer.Typer(no_args_is_help=True, help="Import the tags that vendors found in videos.")


@app.callback()
def tags() -> None:
    """Import the tags that vendors found in videos."""


@app.command(name="import")
def import_(
    vendor: Annotated[str, typer.Argument(help="alibaba-vod, alibaba-ims, google, aws or azure.")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Results as the vendor sent them, one, many or one a line.")
    ],
    video: Annotated[
        str | None, typer.Option(metavar="ID", help="Which video they are of, as the store calls it.")
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Read a vendor's results; store their tags, or with --json and without a store only print them.

    Labels are matched to the store's tags by their names in any language; what has no tag yet becomes one. Tags that
    the vendor no longer says are withdrawn.

    Examples:

        tagreel tags import google result.json --video v42 --set store.url=sqlite:///var/store.db

        tagreel tags import alibaba-vod callbacks.jsonl --json
    """
    from pipelines.config import read_pipeline_config  # brings pandas and scipy, which --help need not wait for
    from pipelines.vendor_import import import_results, read_results

    url = read_pipeline_config(config, set_ or ()).store.address
    found = read_results(vendor, files)
    if url is None and json:
        print(as_text({"results": [one.as_json() for one in found]}))
        return
    if url is None:
        raise typer.BadParameter("there is no store: set store.url, or print the tags with --json", param_hint="--set")
    with progress_on() as progress:
        summary = import_results(url, found, video, progress)
    show(summary, json)
