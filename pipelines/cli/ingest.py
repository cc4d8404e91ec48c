"""`tagreel ingest`."""

from pipelines.cli.options import ConfigOption, JsonOption, SetOption, StrictOption
from pipelines.cli.steps import run_step


def ingest(
    config: ConfigOption = None, set_: SetOption = None, strict: StrictOption = False, json: JsonOption = False
) -> None:
    """Read files, a data set or the store into checked tables.

    Bad rows go to rejects.csv in the workspace's tables, each with its line and the reason; good rows go on.

    Examples:

        tagreel ingest --config shop.toml

        tagreel ingest --set source.kind=tables --set source.path=simulated --strict
    """
    from pipelines.ingest.run import ingest as step

    run_step(lambda settings, progress: step(settings, progress, strict), config, set_, json)
