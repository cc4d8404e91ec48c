"""A run's folder: where each step leaves its output, one run at a time, and never half of an output.

Each output is a link to a folder with a name of its own. A step writes a new folder beside the old one, makes sure that
it is on disk, and moves the link: at every moment the link leads to a whole output, the old one or the new one. What a
killed run left behind is removed when the next one takes the lock.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recsys.errors import DataError, RecsysError, require

PARTIAL = ".tmp-"
WHOLE = ".whole-"
BEFORE = ".before-"


class BusyError(RecsysError):
    """Another run holds the workspace."""


@dataclass(frozen=True)
class Workspace:
    """The folders of one run, below `root`."""

    root: Path

    @property
    def tables(self) -> Path:
        """What ingest wrote: one Parquet file a table."""
        return self.root / "tables"

    @property
    def joined(self) -> Path:
        """What join wrote: the as-of training table."""
        return self.root / "joined"

    @property
    def candidates(self) -> Path:
        """Bundles that were trained and not yet published."""
        return self.root / "candidates"

    @property
    def reports(self) -> Path:
        """What evaluation and benchmarks found."""
        return self.root / "reports"

    @property
    def bundles(self) -> Path:
        """Published bundles, and the pointer to the live one."""
        return self.root / "bundles"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace alone, and clear away what killed runs left. BusyError names who holds it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                message = f"{self.root} is in use by process {holder}; wait for it to end, or set another workspace"
                raise BusyError(message) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            self.clear_leftovers()
            yield

    def clear_leftovers(self) -> None:
        """Remove half-written folders and replaced ones. Only for who holds the lock."""
        for folder in (self.root, self.candidates, self.reports, self.bundles):
            if folder.is_dir():
                _clear(folder)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `target` at once when the block ends well, and vanishes when it fails.

    The folder's content is flushed to disk before `target` moves. What `target` was before is then removed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f"{PARTIAL}{os.getpid()}-{target.name}"
    _remove(partial)
    partial.mkdir()
    try:
        yield partial
        _flush(partial)
    except BaseException:
        _remove(partial)
        raise
    _swap(partial, target)


def _swap(partial: Path, target: Path) -> None:
    """Move the link `target` to the finished folder."""
    whole = target.parent / f"{WHOLE}{target.name}-{os.getpid()}-{partial.stat().st_ino}"
    link = target.parent / f"{PARTIAL}{os.getpid()}-link-{target.name}"
    partial.rename(whole)
    _remove(link)
    link.symlink_to(whole.name, target_is_directory=True)
    before = target.resolve() if target.is_symlink() else None
    if before is None and target.exists():  # a plain folder, made by hand or copied without links
        before = target.parent / f"{BEFORE}{target.name}"
        target.rename(before)
    link.replace(target)
    _flush_folder(target.parent)
    if before is not None:
        _remove(before)


def _clear(folder: Path) -> None:
    for path in folder.glob(f"{BEFORE}*"):
        target = folder / path.name.removeprefix(BEFORE)
        if not target.exists():  # killed between moving a plain folder away and placing the link
            path.rename(target)
    used = {link.resolve() for link in folder.iterdir() if link.is_symlink() and not link.name.startswith(PARTIAL)}
    for path in folder.iterdir():
        if path.name.startswith((PARTIAL, WHOLE, BEFORE)) and (path.is_symlink() or path.resolve() not in used):
            _remove(path)


def content_hash(folder: Path, pattern: str = "*") -> str:
    """The sha256 over the names and bytes of all files below a folder; the same files give the same hash anywhere."""
    require(folder.is_dir(), f"{folder} is not a folder", DataError)
    files = sorted(one for one in folder.resolve().rglob(pattern) if one.is_file())
    total = hashlib.sha256()
    with ThreadPoolExecutor(2) as pool:
        for path, digest in zip(files, pool.map(_digest, files), strict=True):
            total.update(f"{path.relative_to(folder.resolve()).as_posix()}\0{digest}\n".encode())
    return total.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    for path in [*(one for one in folder.rglob("*") if one.is_dir()), folder]:
        _flush_folder(path)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
