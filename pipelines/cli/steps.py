"""How every step's verb runs: read the config, hold the workspace, run, show the summary."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipelines.cli.console import Summary, progress_on, show
from pipelines.progress import Progress

Step = Callable[[Any, Progress], Summary]


def run_step(step: Step, config_file: Path | None, overrides: Sequence[str] | None, as_json: bool) -> None:
    """Run one step alone in its workspace and print what it did.

    Args:
        step: called with the config and a progress.
        config_file: see `read_pipeline_config`.
        overrides: `key=value` settings.
        as_json: print the summary as JSON.
    """
    from pipelines.config import read_pipeline_config  # brings pandas and scipy, which --help need not wait for

    config = read_pipeline_config(config_file, overrides or ())
    with config.folders.locked(), progress_on() as progress:
        summary = step(config, progress)
    show(summary, as_json)
