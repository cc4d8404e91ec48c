"""`tagreel tag-worker`."""

import logging
import os
import signal
import socket
import sys
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import SetOption


def tag_worker(
    store: Annotated[
        str, typer.Option(metavar="URL", envvar="TAGREEL_STORE_URL", help="Address of the store.")
    ] = "sqlite:///var/store.db",
    spool: Annotated[
        Path, typer.Option(metavar="FOLDER", envvar="TAGREEL_SPOOL", help="Where the service puts uploaded files.")
    ] = Path("var/spool"),
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="How to analyse, as TOML; docs/tagging.md.")
    ] = None,
    set_: SetOption = None,
    allow_private: Annotated[
        bool,
        typer.Option(
            "--allow-private", envvar="TAGREEL_ALLOW_PRIVATE", help="Fetch from and call hosts of private networks too."
        ),
    ] = False,
    lease: Annotated[
        float, typer.Option(min=1, max=3600, help="Seconds without a sign of life after which others take its job.")
    ] = 60.0,
    tries: Annotated[int, typer.Option(min=1, max=20, help="How often a job is begun at most.")] = 3,
    once: Annotated[bool, typer.Option("--once", help="End when nothing is due any more.")] = False,
) -> None:
    """Do the jobs that the service was given: find tags in videos, store them, and send the callbacks.

    Start as many as you like, on any machine that reaches the store and the spool folder. One that is killed loses
    nothing: another takes over what it had. Told to stop by SIGTERM or Ctrl-C, it puts its job back at once.

    Examples:

        tagreel tag-worker

        tagreel tag-worker --store postgresql+psycopg://localhost/tagreel --spool /srv/spool --config tagging.toml
    """
    from pipelines.clock import now_ms
    from pipelines.jobs.delivery import Delivery  # brings numpy, which --help need not wait for
    from pipelines.jobs.material import FetchLimits
    from pipelines.jobs.outbox import Outbox
    from pipelines.jobs.queue import JobQueue
    from pipelines.jobs.shift import Place, Shift
    from pipelines.jobs.tagger import Analysers, JobTagger
    from pipelines.jobs.worker import Worker
    from pipelines.store import all_places, opened_store, prepare_store
    from pipelines.tagging.config import read_tagging_config

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    analysers = Analysers(read_tagging_config(config, set_ or ()))
    limits = FetchLimits(max_bytes=analysers.config.limits.max_bytes, allow_private=allow_private)
    name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    prepare_store(store)
    with ExitStack() as stack:

        def hire(place: Place) -> Worker:
            engine, folder = stack.enter_context(opened_store(place[0])), place[1]
            queue = JobQueue(engine, name, round(lease * 1000), tries)
            tagger = JobTagger(engine, folder, analysers, limits)
            delivery = Delivery(Outbox(engine), allow_private, now_ms)
            return Worker(engine, folder, queue, tagger, delivery, lease, now_ms)

        Shift(lambda: all_places(store, spool.absolute()), hire).run(once)
