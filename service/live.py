"""The live snapshot of one process: follows the shelf's pointer and the store, and swaps one reference.

A new bundle is opened, verified, caught up and tried beside the old one, in a thread, while requests go on. One that
fails is refused: the old one keeps serving, and `status` says what is wrong with the new one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from recsys.shelf import POINTER, Shelf
from service.clock import Clock
from service.settings import Settings
from service.snapshot import Snapshot, caught_up, open_snapshot, tried
from service.storage.store import Store
from service.threads import in_thread

LONGEST_WAIT_S = 30.0
"""What failed is tried again after a growing wait, at most this one."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReloadStatus:
    """How loading bundles has gone."""

    n_loaded: int = 0
    n_refused: int = 0
    refusal: str | None = None
    """Why the bundle that should be live is not; None where all is well."""


class Live:
    """Holds the snapshot. All changes of it go through one lock, so none is lost."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self.snapshot: Snapshot | None = None
        self.others: dict[str, Snapshot] = {}
        """Further bundles of the shelf that are kept open, by version."""
        self.status = ReloadStatus()
        self._store, self._settings, self._clock = store, settings, clock
        self._shelf = Shelf(settings.bundles)
        self._lock = asyncio.Lock()
        self._pointer: object = None
        self._retry_at_ms, self._wait_s = 0, settings.reload_s

    def load(self) -> Snapshot | None:
        """The shelf's live bundle, caught up with the store and tried; None while none is published.

        Raises:
            BundleError: it cannot be used; the message names the file.
        """
        version = self._shelf.live()
        if version is None:
            return None
        if self.snapshot is not None and self.snapshot.bundle.version == version:
            return self.snapshot
        return self._opened(self._shelf.folder(version))

    async def follow_shelf(self) -> None:
        """Load the live bundle if the pointer moved, or if the last one was refused and its wait is over."""
        pointer = _stamp(self._shelf)
        if pointer == self._pointer and (self.status.refusal is None or self._clock() < self._retry_at_ms):
            return
        self._wait_s = self._settings.reload_s if pointer != self._pointer else min(self._wait_s * 2, LONGEST_WAIT_S)
        self._pointer = pointer
        try:
            loaded = await in_thread(self.load)
        except Exception as error:  # whatever a bundle does wrong, the old one serves on
            self._refuse(error)
            return
        await self._go_live(loaded)

    async def follow_store(self) -> None:
        """Take in the videos and tags that were written since the last look, by any process."""
        async with self._lock:
            if self.snapshot is not None:
                self.snapshot = await in_thread(self._caught_up, self.snapshot)
            for version, one in list(self.others.items()):
                self.others[version] = await in_thread(self._caught_up, one)

    async def other(self, version: str) -> Snapshot:
        """A bundle of the shelf beside the live one, opened where it is not yet, and followed from then on.

        Raises:
            BundleError: it cannot be used; the message names the file.
        """
        async with self._lock:
            if version not in self.others:
                folder = self._shelf.folder(version)
                self.others[version] = await in_thread(self._opened, folder)
            return self.others[version]

    def keep_others(self, versions: Collection[str]) -> None:
        """Let go of all further bundles but these."""
        self.others = {version: one for version, one in self.others.items() if version in versions}

    def _opened(self, folder: Path) -> Snapshot:
        opened = open_snapshot(folder, self._settings.language, self._settings.kept_viewers)
        return tried(self._caught_up(opened), self._clock())

    async def _go_live(self, loaded: Snapshot | None) -> None:
        async with self._lock:
            is_new = loaded is not None and not self._serves(loaded)
            if loaded is not None and is_new:
                self.snapshot = await in_thread(self._caught_up, loaded)
                _log.info("bundle %s is live", loaded.bundle.version)
            self.status = replace(self.status, n_loaded=self.status.n_loaded + is_new, refusal=None)

    def _serves(self, loaded: Snapshot) -> bool:
        return self.snapshot is not None and self.snapshot.bundle.version == loaded.bundle.version

    def _refuse(self, error: Exception) -> None:
        self._retry_at_ms = self._clock() + round(self._wait_s * 1000)
        if str(error) != self.status.refusal:
            _log.error("a bundle was refused: %s", error, exc_info=error)
        self.status = replace(self.status, n_refused=self.status.n_refused + 1, refusal=str(error))

    def _caught_up(self, snapshot: Snapshot) -> Snapshot:
        return caught_up(snapshot, self._store, round(self._settings.sync_overlap_s * 1000), self._clock())


async def repeat(every_s: float, step: Callable[[], Awaitable[None]]) -> None:
    """Do a step again and again until cancelled; one that fails is logged, and tried again after a growing wait."""
    wait_s = every_s
    while True:
        await asyncio.sleep(wait_s)
        try:
            await step()
            wait_s = every_s
        except Exception:
            wait_s = max(every_s, min(wait_s * 2, LONGEST_WAIT_S))
            _log.exception("%s failed; trying again in %s s", getattr(step, "__qualname__", step), wait_s)


def _stamp(shelf: Shelf) -> object:
    """What differs whenever the pointer was moved."""
    try:
        stat = (shelf.root / POINTER).stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_ino, stat.st_size
