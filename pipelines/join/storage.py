"""The joined set on disk: `.npy` arrays, which open memory-mapped, and one JSON that says how they belong together."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

from pipelines.join.joined import Joined
from pipelines.workspace import replacing
from recsys.codec import read_object, write_object
from recsys.errors import DataError, RecsysError, require

SCHEMA = 1
"""Raised whenever a reader of this version could not read what an older one wrote."""
MANIFEST = "joined.json"


def write_joined(joined: Joined, folder: Path) -> None:
    """Replace what is in `folder` at once; a killed run leaves it as it was."""
    with replacing(folder) as partial:
        names = [one.name for one in fields(joined)]
        with ThreadPoolExecutor(2) as pool:
            written = list(pool.map(lambda name: write_object(partial, getattr(joined, name), name), names))
        tree = {"schema": SCHEMA, "contents": dict(zip(names, written, strict=True))}
        (partial / MANIFEST).write_text(json.dumps(tree, indent=1, sort_keys=True))


def read_joined(folder: Path) -> Joined:
    """Open what `write_joined` wrote, its arrays memory-mapped read-only.

    Raises:
        DataError: there is none, it is of another schema, or a file of it is damaged.
    """
    path = folder / MANIFEST
    require(path.exists(), f"{folder} holds no joined tables; run `tagreel train`, which joins first", DataError)
    try:
        tree = json.loads(path.read_text())
        schema = tree["schema"]
        require(schema == SCHEMA, f"{path} has schema {schema}; this version reads {SCHEMA}: join again", DataError)
        return read_object(folder, tree["contents"], Joined)
    except DataError:
        raise
    except (RecsysError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{folder} is damaged: {error}; join again") from error
