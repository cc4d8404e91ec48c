"""How every step's verb runs: read the config, hold the workspace, run, show the summary."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from pipelines.cli.console import Summary, as_text, progress_on, show
from pipelines.progress import Progress

Step = Callable[[Any, Progress], Summary]
NamedSteps = Sequence[tuple[str, Step]]


def run_step(step: Step, config_file: Path | None, overrides: Sequence[str] | None, as_json: bool) -> None:
    """Run one step alone in its workspace and print what it did.

    Args:
        step: called with the config and a progress.
        config_file: see `read_pipeline_config`.
        overrides: `key=value` settings.
        as_json: print the summary as JSON.
    """
    config = _config(config_file, overrides)
    with config.folders.locked(), progress_on() as progress:
        summary = step(config, progress)
    show(summary, as_json)


def run_steps(
    steps_of: Callable[[Any], NamedSteps], config_file: Path | None, overrides: Sequence[str] | None, as_json: bool
) -> None:
    """Run several steps in one hold of the workspace, and print what each did when it ends.

    Args:
        steps_of: the steps for a config, with their names.
        config_file: see `read_pipeline_config`.
        overrides: `key=value` settings.
        as_json: print instead one JSON object at the end, by name; also when a step fails, of those before it.
    """
    config = _config(config_file, overrides)
    done: dict[str, Any] = {}
    try:
        with config.folders.locked():
            for name, step in steps_of(config):
                with progress_on() as progress:
                    summary = step(config, progress)
                done[name] = asdict(cast("Any", summary))
                if not as_json:
                    print("\n".join([f"{name}:", *(f"  {line}" for line in summary.lines())]), flush=True)
    finally:
        if as_json:
            print(as_text(done))


def _config(config_file: Path | None, overrides: Sequence[str] | None) -> Any:
    from pipelines.config import read_pipeline_config  # brings pandas and scipy, which --help need not wait for

    return read_pipeline_config(config_file, overrides or ())
