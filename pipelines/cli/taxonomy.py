"""`tagreel taxonomy`: the tags themselves, as files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli.console import show
from pipelines.cli.options import ConfigOption, JsonOption, SetOption

app = typer.Typer(
    no_args_is_help=True, help="Bring the taxonomy of tags into the store, out of it, and edit it in files."
)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Ends in .json, .csv, or .rdf or .xml for SKOS.")]


@app.command()
def export(
    file: FileArgument,
    shipped: Annotated[bool, typer.Option("--shipped", help="The one that ships, not the store's.")] = False,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Write the store's taxonomy into a file; the history in a JSON file that is there already goes on.

    Examples:

        tagreel taxonomy export tags.json --set store.url=sqlite:///var/store.db

        tagreel taxonomy export tags.csv --shipped
    """
    from pipelines.taxonomy_files import export_taxonomy, stored_taxonomy
    from recsys.tags.shipped import default_taxonomy

    given = default_taxonomy() if shipped else stored_taxonomy(_store(config, set_))
    show(export_taxonomy(given, file), json)


@app.command(name="import")
def import_(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The taxonomy; the one that ships by default.")
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Put a taxonomy's tags and names into the store; its other tags, its merges and its bans stay.

    Examples:

        tagreel taxonomy import --set store.url=sqlite:///var/store.db

        tagreel taxonomy import thesaurus.rdf --config shop.toml
    """
    from pipelines.taxonomy_files import import_taxonomy
    from recsys.tags.exchange.files import read
    from recsys.tags.shipped import default_taxonomy

    given = read(file) if file else default_taxonomy()
    show(import_taxonomy(_store(config, set_), given), json)


@app.command()
def merge(
    file: FileArgument,
    tag: Annotated[str, typer.Argument(help="The id of the tag that becomes another name.")],
    into: Annotated[str, typer.Argument(help="The id of the tag that it counts for.")],
    json: JsonOption = False,
) -> None:
    """Merge a tag of a taxonomy's file into another; the first stays in it, marked, with its names.

    Examples:

        tagreel taxonomy merge tags.json keyword:lancome logo:lancome
    """
    from pipelines.taxonomy_files import replace_taxonomy
    from recsys.tags.exchange.files import read

    made = read(file).merge(tag, into, datetime.now(UTC).isoformat(timespec="seconds"))
    show(replace_taxonomy(made, file), json)


def _store(config: Path | None, set_: list[str] | None) -> str:
    from pipelines.config import read_pipeline_config  # brings pandas and scipy, which --help need not wait for

    found: Any = read_pipeline_config(config, set_ or ())
    if found.store.address is None:
        raise typer.BadParameter("there is no store: set store.url", param_hint="--set")
    return str(found.store.address)
