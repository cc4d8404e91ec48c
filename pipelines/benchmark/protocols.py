"""Public data sets and the folds on which methods are compared, by the names that results use."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.join.run import join_tables
from recsys.datasets.citeulike import read_citeulike, read_split
from recsys.datasets.movielens_small import read_movielens_small
from recsys.datasets.pairs import Pairs
from recsys.evaluation.cold_splits import cold_videos
from recsys.evaluation.folds import Fold
from recsys.evaluation.splits import from_files, leave_last
from recsys.ids import Ids
from recsys.interactions import TrainingData
from recsys.schema import Rows
from recsys.tables import Tables


@dataclass(frozen=True)
class Protocol:
    """One data set, how it is read, and the folds made of it."""

    read: Callable[[Path], TrainingData]
    """Takes the folder that holds every data set's folder."""
    folds: Callable[[TrainingData, Path], list[Fold]]


def joined(tables: Tables) -> TrainingData:
    """Tables joined with every default."""
    with tempfile.TemporaryDirectory() as folder:
        tables.write(Path(folder))
        return join_tables(Path(folder)).data


def _movielens(root: Path) -> TrainingData:
    return joined(read_movielens_small(root / "ml-latest-small", root / "hetrec2011-movielens-tags"))


def _movielens_folds(data: TrainingData, _: Path) -> list[Fold]:
    return [leave_last(data), *(cold_videos(data, fold=fold) for fold in range(3))]


def _citeulike(root: Path) -> TrainingData:
    return joined(read_citeulike(root / "citeulike-a"))


def _citeulike_folds(data: TrainingData, root: Path) -> list[Fold]:
    """Train on the warm files `emb`; the validation files are masked and not trained on."""
    files = read_split(root / "citeulike-a", "warm-cold-split")
    rows = {name: _rows(pairs, data) for name, pairs in files.items()}
    cold = np.zeros(len(data.events.videos), bool)
    cold[np.concatenate([rows[name][:, 1] for name in ("cold_item_val", "cold_item_test")])] = True
    test, other = (np.concatenate([rows[f"warm_{part}"], rows[f"cold_item_{part}"]]) for part in ("test", "val"))
    return [from_files(data, rows["warm_emb"], test, other, cold, "warm-cold", all_needs_both=True)]


def _rows(pairs: Pairs, data: TrainingData) -> Rows:
    def of(ids: Ids, numbers: np.ndarray) -> Rows:
        return ids.rows([str(one) for one in numbers])

    return np.column_stack([of(data.events.viewers, pairs.viewer), of(data.events.videos, pairs.video)])


PROTOCOLS = {
    "ml-latest-small": Protocol(_movielens, _movielens_folds),
    "citeulike-a": Protocol(_citeulike, _citeulike_folds),
}
