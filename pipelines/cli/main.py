"""The `tagreel` command. Verbs of the service come through the entry point group `tagreel.commands`."""

from typing import Annotated

import typer

from pipelines.cli.audit import audit
from pipelines.cli.evaluate import evaluate
from pipelines.cli.ingest import ingest
from pipelines.cli.load import load
from pipelines.cli.off_policy import off_policy
from pipelines.cli.publish import publish
from pipelines.cli.run import run
from pipelines.cli.tag import tag
from pipelines.cli.tag_worker import tag_worker
from pipelines.cli.train import train
from pipelines.cli.verbs import Verbs


def tagreel(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Video recommendations from tags and viewing behaviour.

    Exit codes: 0 done, 1 failed, 2 bad use, 130 stopped by Ctrl-C.

    Examples:

        tagreel run --config shop.toml

        tagreel ingest --help
    """


def build() -> typer.Typer:
    """The command with all its verbs."""
    app = typer.Typer(cls=Verbs, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback()(tagreel)
    for verb in (audit, ingest, load, train, evaluate, publish, run, tag):
        app.command(verb.__name__)(verb)
    app.command("off-policy")(off_policy)
    app.command("tag-worker")(tag_worker)
    return app


def main() -> None:
    """Entry point of the console script."""
    build()()
