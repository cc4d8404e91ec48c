"""The shelf: a folder of published bundles and one pointer to the live one, moved atomically."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recsys.errors import BundleError, require

POINTER = "LIVE.json"
LOCK = ".LIVE.lock"


@dataclass(frozen=True)
class Shelf:
    """Published bundles under one root: `<root>/<version>/`, and `<root>/LIVE.json` that names the live one."""

    root: Path

    def folder(self, version: str) -> Path:
        """Where the bundle of that version lies."""
        return self.root / version

    def live(self) -> str | None:
        """The live version, None before the first is published."""
        history = self.history()
        return history[-1] if history else None

    def history(self) -> list[str]:
        """Versions that were live, oldest first; the last is live now. BundleError if the pointer is damaged."""
        path = self.root / POINTER
        if not path.exists():
            return []
        try:
            history = json.loads(path.read_text())["history"]
        except (ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{path} is damaged ({error}); publish again, or write it anew") from error
        sound = isinstance(history, list) and all(_is_version(one) for one in history)
        require(sound, f"{path} names something that is no version; publish again, or write it anew", BundleError)
        return list(history)

    def point_to(self, version: str) -> None:
        """Make a bundle on the shelf live. Pointing to the live one changes nothing."""
        require(self.folder(version).is_dir(), f"no bundle {version} in {self.root}", BundleError)
        with self._held():
            history = self.history()
            if history[-1:] != [version]:
                self._write([*history, version])

    def roll_back(self) -> str:
        """Make the one before the live one live again and return it. BundleError if there is none."""
        require(self.root.is_dir(), f"nothing to roll back to: there is no {self.root}", BundleError)
        with self._held():
            history = self.history()
            found = f"{len(history)} bundle published in {self.root}"
            require(len(history) > 1, f"nothing to roll back to: {found}", BundleError)
            require(self.folder(history[-2]).is_dir(), f"bundle {history[-2]} is gone from {self.root}", BundleError)
            self._write(history[:-1])
        return history[-2]

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Let nobody else move the pointer meanwhile; reading it needs no leave."""
        with (self.root / LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, history: list[str]) -> None:
        temporary = self.root / f"{POINTER}.tmp"
        with temporary.open("w") as out:
            json.dump({"live": history[-1], "history": history}, out)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(self.root / POINTER)


def _is_version(name: object) -> bool:
    return isinstance(name, str) and len(name) == 16 and all(one in "0123456789abcdef" for one in name)
