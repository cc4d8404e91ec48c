"""Several steps one after the other, their summaries as one."""

from dataclasses import dataclass
from typing import Any

from pipelines.progress import Progress


@dataclass(frozen=True)
class ChainSummary:
    """What each step of a run did, in order."""

    steps: dict[str, Any]

    def lines(self) -> list[str]:
        """Every step's lines, below its name."""
        return [
            line for name, step in self.steps.items() for line in (f"{name}:", *(f"  {one}" for one in step.lines()))
        ]


def join_and_train(config: Any, progress: Progress) -> ChainSummary:
    """The join, then the training that reads it."""
    from pipelines.join.run import join
    from pipelines.train import train

    return ChainSummary({"join": join(config, progress), "train": train(config, progress)})


def run_all(config: Any, progress: Progress, strict: bool, force: bool) -> ChainSummary:
    """Ingest, load into the store where there is one, join, train, evaluate, publish."""
    from pipelines.evaluate import evaluate
    from pipelines.ingest.run import ingest
    from pipelines.publish import publish

    steps: dict[str, Any] = {"ingest": ingest(config, progress, strict)}
    if config.store.url and config.source.kind != "store":
        from pipelines.load import load

        steps["load"] = load(config, progress)
    steps |= join_and_train(config, progress).steps
    steps["evaluate"] = evaluate(config, progress)
    steps["publish"] = publish(config, force, progress)
    return ChainSummary(steps)
