"""`tagreel publish`."""

from typing import Annotated

import typer

from pipelines.cli.options import ConfigOption, ForceOption, JsonOption, SetOption
from pipelines.cli.steps import run_step


def publish(
    config: ConfigOption = None,
    set_: SetOption = None,
    force: ForceOption = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to the bundle that was live before.")] = False,
    json: JsonOption = False,
) -> None:
    """Make the evaluated candidate the live bundle, or refuse and say why.

    Examples:

        tagreel publish

        tagreel publish --rollback
    """
    if force and rollback:
        raise typer.BadParameter("--force and --rollback do not go together; a rollback needs no gate")
    from pipelines.publish import publish as publish_step
    from pipelines.publish import rollback as rollback_step

    if rollback:
        run_step(lambda settings, _: rollback_step(settings), config, set_, json)
    else:
        run_step(lambda settings, progress: publish_step(settings, force, progress), config, set_, json)
