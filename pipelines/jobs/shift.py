"""One process's work: the jobs and callbacks of every tenant, in turn."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from pipelines.jobs.worker import Worker
from recsys.errors import RecsysError

POLL_S = 0.5
"""How often is looked when there is nothing to do."""
TIDY_S = 600.0
"""How often the spool folders are swept."""
TENANTS_S = 10.0
"""How often is looked for new tenants."""
AGAIN_S = 30.0
"""How long a store that failed is left alone."""
Place = tuple[str, Path]
"""The address of a tenant's store, and its spool folder."""
_log = logging.getLogger(__name__)


class Shift:
    """Does what there is to do for all tenants, a job of each in turn."""

    def __init__(self, places: Callable[[], Sequence[Place]], hire: Callable[[Place], Worker]) -> None:
        """See the class.

        Args:
            places: where the tenants are, as of now.
            hire: makes a worker for one of them.
        """
        self._places, self._hire = places, hire
        self._workers: dict[Place, Worker] = {}
        self._failed_at: dict[Place, float] = {}
        self._over = threading.Event()

    def run(self, once: bool = False) -> None:
        """Work until interrupted, or with `once` until nothing is due."""
        self._look()
        if once:
            while self._each(Worker.work):
                pass
            while self._each(Worker.deliver):
                pass
            return
        sender = threading.Thread(target=self._send, name="callbacks")
        sender.start()
        try:
            self._work()
        finally:
            self._over.set()
            sender.join()

    def _work(self) -> None:
        looked, tidied = time.monotonic(), -TIDY_S
        while True:
            if time.monotonic() - looked >= TENANTS_S:
                self._look()
                looked = time.monotonic()
            if time.monotonic() - tidied >= TIDY_S:
                self._each(Worker.tidy)
                tidied = time.monotonic()
            if not self._each(Worker.work):
                time.sleep(POLL_S)

    def _send(self) -> None:
        while not self._over.is_set():
            if not self._each(Worker.deliver):
                self._over.wait(POLL_S)

    def _look(self) -> None:
        """Hire workers for new tenants; where a store cannot be used, later again."""
        for place in self._places():
            if place not in self._workers:
                try:
                    self._workers[place] = self._hire(place)
                except RecsysError as error:
                    _log.error("a tenant's store cannot be used: %s", error)

    def _each(self, step: Callable[[Worker], bool | None]) -> bool:
        """Do something for each tenant; whether there was anything to do. One whose store failed is left alone."""
        busy = False
        for place, worker in list(self._workers.items()):
            if time.monotonic() - self._failed_at.get(place, -AGAIN_S) < AGAIN_S:
                continue
            try:
                busy = bool(step(worker)) or busy
            except SQLAlchemyError as error:
                _log.error("the store failed: %s", getattr(error, "orig", None) or error)
                self._failed_at[place] = time.monotonic()
        return busy
