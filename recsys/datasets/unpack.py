"""Take named files out of a zip archive; nothing else in it touches the disk."""

import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from recsys.errors import AssetError, require

CHUNK = 1 << 20


def unpack(archive: Path, inside: str, names: Iterable[str], folder: Path, max_bytes: int) -> None:
    """Write `inside/name` of the archive to `folder/name` for each name.

    Args:
        archive: a zip file, such as a wheel.
        inside: the folder in it.
        names: plain file names; a path in one is refused.
        folder: an existing folder.
        max_bytes: most bytes that all files together may have, whatever the archive says of itself.

    Raises:
        AssetError: not a zip, a file is not in it or damaged, a name leads out of the folder, or it is too large.
    """
    left = max_bytes
    try:
        with zipfile.ZipFile(archive) as given:
            for name in names:
                require(name == PurePosixPath(name).name, f"{name!r} must be a file name without a path", AssetError)
                member = f"{inside}/{name}" if inside else name
                left -= _copy(given, member, folder / name, left)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise AssetError(f"{archive.name} is not a whole zip archive: {error}") from error
    except KeyError as error:
        raise AssetError(f"{archive.name} lacks a file: {error.args[0]}") from error


def _copy(given: zipfile.ZipFile, member: str, target: Path, max_bytes: int) -> int:
    written = 0
    with given.open(member) as source, target.open("wb") as sink:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            require(written <= max_bytes, f"{member} unpacks to more bytes than are allowed; refused", AssetError)
            sink.write(chunk)
    return written
