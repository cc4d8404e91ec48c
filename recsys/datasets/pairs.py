"""Published splits as explicit pairs of positions, for results that compare with papers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recsys.datasets.delimited import read_delimited
from recsys.errors import DataError, require
from recsys.schema import Rows


@dataclass(frozen=True, eq=False)
class Pairs:
    """Which viewer had which video: positions from 0, in the file's order."""

    viewer: Rows  # (n,)
    video: Rows  # (n,)

    def __len__(self) -> int:
        return len(self.viewer)


def read_split(folder: Path, split: str, files: Mapping[str, tuple[str, ...]]) -> dict[str, Pairs]:
    """All files of one published split, by the file's name without its ending.

    Args:
        folder: the data set's folder; the split is a folder in it.
        split: one of `files`.
        files: per split, its files.

    Raises:
        DataError: no such split, a missing file, or a line that is not two whole numbers.
    """
    require(split in files, f"there is no split {split!r}; there is {', '.join(files)}", DataError)
    return {name: read_pairs(folder / split / f"{name}.csv") for name in files[split]}


def read_pairs(path: Path) -> Pairs:
    """A file of `viewer,video` lines under a header of any two names."""
    given = read_delimited(path, ",")
    require(len(given.cells) == 2, f"{path} has {len(given.cells)} columns; it must have viewer and video")
    viewer, video = given.cells
    return Pairs(given.wholes(viewer).astype("int32"), given.wholes(video).astype("int32"))
