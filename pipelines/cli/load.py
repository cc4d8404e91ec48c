"""`tagreel load`."""

from pipelines.cli.options import ConfigOption, JsonOption, SetOption
from pipelines.cli.steps import run_step


def load(config: ConfigOption = None, set_: SetOption = None, json: JsonOption = False) -> None:
    """Put the ingested tables into the store that the service serves from; loading again changes nothing.

    Examples:

        tagreel load --set store.url=sqlite:///var/store.db
    """
    from pipelines.load import load as step

    run_step(step, config, set_, json)
