"""`tagreel run`."""

from pipelines.cli.options import ConfigOption, ForceOption, JsonOption, SetOption, StrictOption
from pipelines.cli.steps import run_steps


def run(
    config: ConfigOption = None,
    set_: SetOption = None,
    strict: StrictOption = False,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Run everything: ingest, load where there is a store, join, train, evaluate, publish.

    A step that fails ends the run; what the steps before it wrote stays, and each can be run again alone.

    Examples:

        tagreel run --config shop.toml

        tagreel run --set source.kind=dataset --set source.name=ml-latest-small
    """
    from pipelines.cli.chain import all_steps

    run_steps(lambda settings: all_steps(settings, strict, force), config, set_, json)
