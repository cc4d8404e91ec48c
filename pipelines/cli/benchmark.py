"""`tagreel benchmark`."""

from pipelines.cli.options import ConfigOption, JsonOption, SetOption
from pipelines.cli.steps import run_step


def benchmark(config: ConfigOption = None, set_: SetOption = None, json: JsonOption = False) -> None:
    """Measure time and memory of the pipeline beside the bare engines that do the same work.

    Examples:

        tagreel benchmark
    """
    from pipelines.benchmark.run import benchmark as step

    run_step(step, config, set_, json)
