"""`tagreel train`."""

from pipelines.cli.options import ConfigOption, JsonOption, SetOption
from pipelines.cli.steps import run_steps


def train(config: ConfigOption = None, set_: SetOption = None, json: JsonOption = False) -> None:
    """Join tags with behaviour as of each event, and fit a candidate bundle.

    Examples:

        tagreel train

        tagreel train --set join.profile_half_life_days=30
    """
    from pipelines.cli.chain import join_and_train

    run_steps(join_and_train, config, set_, json)
