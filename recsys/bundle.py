"""Bundles on disk: a folder of `.npy` arrays and one manifest, written once, verified and memory-mapped on opening.

Nothing is pickled. The manifest lists every file with its size and sha256; the bundle's version is the hash of the
manifest's content, so the same inputs and seed give the same version, byte for byte. What happened to the bundle
after training (why it was published, by force or not) stands in the manifest's `publication`, outside the version.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from recsys.codec import read_object, write_object
from recsys.errors import BundleError, DataError, require
from recsys.facts import Facts
from recsys.ids import Ids
from recsys.interactions import Videos
from recsys.models.blend import CORES
from recsys.models.hybrid import HybridModel
from recsys.models.sketches import Sketches
from recsys.schema import Floats, Mask, Times
from recsys.tags.vectorizer import TagVectorizer

SCHEMA = 3
"""Raised whenever a reader of this version could not read what an older one wrote."""
MANIFEST = "manifest.json"


@dataclass(frozen=True, eq=False)
class Contents:
    """What a bundle holds: enough to rank every video, known or new, for every viewer, known or new."""

    ids: Ids
    vectorizer: TagVectorizer
    videos: Videos
    """The catalogue, in row order."""
    published: Times  # (n_videos,) ms
    available_from: Times  # (n_videos,) ms, NEVER where always
    available_until: Times  # (n_videos,) ms, NEVER where open
    video_events: Floats  # (n_videos,) events in training, whatever they weighed
    model: HybridModel
    sketches: Sketches
    facts: Facts
    """What filters ask of the videos."""

    @cached_property
    def known(self) -> Mask:
        """(n_videos,) which videos had an event in training."""
        return self.video_events > 0

    @cached_property
    def popularity(self) -> Floats:
        """(n_videos,) popularity as the blend counts it, 0 where there is none."""
        model = self.model
        return np.nan_to_num(model.popularity.popularity - model.offsets[CORES.index("popularity")]).astype(np.float32)

    @cached_property
    def without_popularity(self) -> "Contents":
        """The same, its model blind to what everybody watches."""
        return replace(self, model=self.model.without_popularity())


@dataclass(frozen=True, eq=False)
class Bundle:
    """An opened bundle. Immutable; threads and processes share its pages."""

    folder: Path
    manifest: Mapping[str, Any]
    contents: Contents

    @property
    def version(self) -> str:
        """The content's hash, 16 hex digits."""
        return str(self.manifest["version"])

    @property
    def as_of(self) -> int:
        """The data's cut-off, ms: the first moment the bundle knows nothing of."""
        return int(self.manifest["data"]["as_of"])


def write_bundle(folder: Path, contents: Contents, about: Mapping[str, Any]) -> str:
    """Write a bundle into an empty folder; the caller moves it into place.

    Args:
        folder: exists and is empty.
        contents: arrays and models.
        about: JSON-able `config`, `data` (with `as_of`, ms) and whatever else tells how it was made. No times of
            day, no paths: they would change the version of equal bundles.

    Returns:
        The version.
    """
    tree = write_object(folder, contents)
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": file_hash(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    content = {"schema": SCHEMA, **about, "contents": tree, "files": files}
    version = _version(content)
    save_manifest(folder, {**content, "version": version, "publication": None})
    return version


def save_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write a manifest whole or not at all."""
    temporary = folder / f"{MANIFEST}.tmp"
    with temporary.open("w") as out:
        json.dump(manifest, out, indent=1, sort_keys=True)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(folder / MANIFEST)


def open_bundle(folder: Path, verify: bool = True) -> Bundle:
    """Open a bundle, its arrays memory-mapped read-only.

    Args:
        folder: what `write_bundle` wrote.
        verify: compare every file with its hash first; without it only names and sizes are compared.

    Raises:
        BundleError: naming the file, when the manifest is missing, of another schema or altered, or when a file is
            missing, truncated, altered or not listed.
    """
    manifest = read_manifest(folder)
    try:
        for name, expected in manifest["files"].items():
            _check_file(folder, name, expected, verify)
        stray = sorted(path.name for path in folder.glob("*.npy") if path.name not in manifest["files"])
        require(not stray, f"{folder / ''.join(stray[:1])} is not listed in its manifest", BundleError)
        contents = read_object(folder, manifest["contents"], Contents)
    except (ValueError, TypeError, KeyError, AttributeError, DataError) as error:
        raise BundleError(f"{folder / MANIFEST} describes arrays that do not fit together: {error}") from error
    return Bundle(folder, manifest, contents)


def read_manifest(folder: Path) -> dict[str, Any]:
    """A bundle's manifest, its schema and version checked. BundleError names the file where they are wrong."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text())
    except FileNotFoundError:
        raise BundleError(f"{path} is missing: no bundle there, or one half written") from None
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise BundleError(f"{path} is not JSON ({error}): truncated or altered") from None
    require(isinstance(manifest, dict), f"{path} is not a JSON object", BundleError)
    schema = manifest.get("schema")
    require(schema == SCHEMA, f"{path} has schema {schema}; this version reads {SCHEMA}: train again", BundleError)
    content = {key: value for key, value in manifest.items() if key not in ("version", "publication")}
    told, found = manifest.get("version"), _version(content)
    require(told == found, f"{path} was altered: it calls itself {told}, its content is {found}", BundleError)
    return manifest


def file_hash(path: Path) -> str:
    """Sha256 of a file, hex."""
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _version(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _check_file(folder: Path, name: str, expected: Mapping[str, Any], verify: bool) -> None:
    path = folder / name
    require(path.resolve().is_relative_to(folder.resolve()), f"{path} lies outside its bundle", BundleError)
    require(path.is_file(), f"{path} is missing from its bundle", BundleError)
    size = path.stat().st_size
    require(size == expected["bytes"], f"{path} has {size} bytes, not {expected['bytes']}: truncated?", BundleError)
    require(not verify or file_hash(path) == expected["sha256"], f"{path} was altered: its sha256 differs", BundleError)
