"""citeulike-a: 5,551 readers who saved 16,980 articles with folksonomy tags; the classic cold-item benchmark.

The set has no times. Every event carries `COLLECTED`, and every tag is known from the start; only splits by pairs
make sense of it, such as the published ones. No licence is stated; cite Wang, Chen and Li, IJCAI 2013.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from recsys.datasets import pairs
from recsys.datasets.pairs import Pairs
from recsys.datasets.ratings import viewers_of
from recsys.datasets.tag_rows import said, tag_tables
from recsys.errors import DataError, require
from recsys.schema import EVENTS, VIDEOS
from recsys.tables import Tables, frame

COLLECTED = pd.Timestamp("2013-01-01", tz="UTC")
"""Stands for the time of every event: the year the set was published."""
SPLITS = {
    "warm-cold-split": ("warm_emb", "warm_val", "warm_test", "cold_item_val", "cold_item_test"),
    "cold-item-split": ("train", "vali", "test"),
}


def read_citeulike(folder: Path) -> Tables:
    """Read the set; viewer and video ids are the positions, from 0, that the files and splits use.

    Args:
        folder: has `users.dat`, `item-tag.dat` and `tags.dat`.

    Raises:
        DataError: a file is missing, a line's count is not that of its ids, or a tag has no name.
    """
    names = _tag_names(folder / "tags.dat")
    viewer, saved = read_counted(folder / "users.dat")
    video, tag = read_counted(folder / "item-tag.dat")
    n_videos = int(max(saved.max(initial=-1), video.max(initial=-1))) + 1
    require(
        int(tag.max(initial=-1)) < len(names),
        f"{folder / 'item-tag.dat'} uses tag {tag.max(initial=-1)}, but tags.dat names only {len(names)}",
    )
    events = _events(viewer, saved)
    return Tables(
        videos=frame(VIDEOS, {"video_id": [str(one) for one in range(n_videos)]}),
        viewers=viewers_of(events),
        events=events,
        **tag_tables([said("tag", video.astype(str), names[tag], source="viewer")]),
    )


def read_split(folder: Path, split: str) -> dict[str, Pairs]:
    """The pairs of a published split, by file: `warm-cold-split` or `cold-item-split`. See `pairs.read_split`."""
    return pairs.read_split(folder, split, SPLITS)


def read_counted(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """A file whose line n is `count id id …` of object n, from 0.

    Returns:
        Two (n_pairs,) int64 arrays: the object, and one of its ids.

    Raises:
        DataError: names the line whose count is wrong, or where something is not a whole number.
    """
    require(path.is_file(), f"{path} is missing; `tagreel data list` says which files the data set needs")
    owners, ids = [], []
    for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines()):
        where = f"{path} line {number + 1}"
        count, *own = _wholes(line, where)
        require(count == len(own), f"{where} counts {count} ids but has {len(own)}; it must be 'count id id …'")
        owners.append(np.full(count, number, np.int64))
        ids.append(np.array(own, np.int64))
    nothing = np.empty(0, np.int64)
    return np.concatenate([nothing, *owners]), np.concatenate([nothing, *ids])


def _wholes(line: str, where: str) -> list[int]:
    cells = line.split()
    require(bool(cells), f"{where} is empty; an object without ids is written as 0")
    bad = [cell for cell in cells if not cell.isdecimal()]
    if bad:
        raise DataError(f"{where} has {bad[0]!r}; it must be a whole number")
    return [int(cell) for cell in cells]


def _events(viewer: np.ndarray, video: np.ndarray) -> pd.DataFrame:
    return frame(EVENTS, {
        "event_id": [f"citeulike:{u}:{v}" for u, v in zip(viewer, video, strict=True)],
        "viewer_id": viewer.astype(str).astype(object),
        "video_id": video.astype(str).astype(object),
        "event_type": "save",
        "occurred_at": COLLECTED,
    })  # fmt: skip


def _tag_names(path: Path) -> np.ndarray:
    require(path.is_file(), f"{path} is missing; `tagreel data list` says which files the data set needs")
    return np.array(path.read_text(encoding="utf-8").splitlines(), object)
