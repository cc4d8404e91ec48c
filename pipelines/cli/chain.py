"""Which steps follow each other. Each is imported only when a verb needs it."""

from typing import Any

from pipelines.cli.steps import NamedSteps


def join_and_train(_: Any) -> NamedSteps:
    """The join, then the training that reads it."""
    from pipelines.join.run import join
    from pipelines.train import train

    return [("join", join), ("train", train)]


def all_steps(config: Any, strict: bool, force: bool) -> NamedSteps:
    """Ingest, load into the store where there is one, join, train, evaluate, publish."""
    from pipelines.evaluate import evaluate
    from pipelines.ingest.run import ingest
    from pipelines.load import load
    from pipelines.publish import publish

    loads = config.store.url is not None and config.source.kind != "store"
    return [
        ("ingest", lambda settings, progress: ingest(settings, progress, strict)),
        *([("load", load)] if loads else []),
        *join_and_train(config),
        ("evaluate", evaluate),
        ("publish", lambda settings, progress: publish(settings, force, progress)),
    ]
