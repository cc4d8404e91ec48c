"""Checksums of files: what a publisher states, and whether the bytes at hand are those."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recsys.errors import AssetError

Algorithm = Literal["sha256", "md5"]


@dataclass(frozen=True, kw_only=True)
class Checksum:
    """A stated checksum. MD5 only where a publisher states nothing better: it catches damage, not a forger."""

    algorithm: Algorithm = "sha256"
    digest: str

    def check(self, path: Path, name: str) -> None:
        """Remove the file and raise AssetError, with what was expected and got, unless its bytes are the right ones."""
        got = digest_of(path, self.algorithm)
        if got == self.digest:
            return
        path.unlink()
        raise AssetError(f"{name} has {self.algorithm} {got}; expected {self.digest}; the bytes were thrown away")


def digest_of(path: Path, algorithm: Algorithm = "sha256") -> str:
    """The checksum of a file's bytes in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
