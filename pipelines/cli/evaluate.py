"""`tagreel evaluate`."""

from pipelines.cli.options import ConfigOption, JsonOption, SetOption
from pipelines.cli.steps import run_step


def evaluate(config: ConfigOption = None, set_: SetOption = None, json: JsonOption = False) -> None:
    """Compare the candidate bundle with the live one and with plain baselines, on later time.

    Examples:

        tagreel evaluate

        tagreel evaluate --json > report.json
    """
    from pipelines.evaluate import evaluate as step

    run_step(step, config, set_, json)
