"""Public data sets, and the questions on which methods are compared, by the names that results use."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipelines.join.run import join_tables
from recsys.datasets.citeulike import read_citeulike, read_split
from recsys.datasets.movielens_small import read_movielens_small
from recsys.datasets.pairs import Pairs
from recsys.datasets.s3rec import read_s3rec
from recsys.errors import ConfigError, require
from recsys.evaluation.cold_splits import cold_videos, cold_viewers
from recsys.evaluation.folds import Fold
from recsys.evaluation.splits import from_files, leave_last
from recsys.ids import Ids
from recsys.interactions import TrainingData
from recsys.schema import Mask, Rows
from recsys.tables import Tables

NEW_VIEWERS = 1000
COLD_FOLDS = 3
Folds = Callable[[TrainingData, Path], list[Fold]]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One split of one data set: what is asked, and what settings are chosen by."""

    data: str
    split: str
    test: Folds
    """Takes the joined data and the folder that holds every data set's folder."""
    validation: Folds
    """Questions made of what may be learned from in the test; settings are chosen by them."""
    ks: tuple[int, ...] = (10, 20)
    metrics: tuple[str, ...] = ("ndcg", "recall")
    judged_by: str = "ndcg@20"
    """The metric of the validation, averaged over its slices."""
    refitted: Folds | None = None
    """The test once more, with all that is known by then to learn from; asked of a few methods."""

    @property
    def name(self) -> str:
        """As results and caches name it."""
        return f"{self.data}/{self.split}"


def joined(tables: Tables) -> TrainingData:
    """Tables joined with every default."""
    with tempfile.TemporaryDirectory() as folder:
        tables.write(Path(folder))
        return join_tables(Path(folder)).data


READERS: Mapping[str, Callable[[Path], Tables]] = {
    "citeulike-a": lambda root: read_citeulike(root / "citeulike-a"),
    "ml-latest-small": lambda root: read_movielens_small(root / "ml-latest-small", root / "hetrec2011-movielens-tags"),
    "s3rec-beauty": lambda root: read_s3rec(root / "s3rec", "Beauty"),
    "s3rec-lastfm": lambda root: read_s3rec(root / "s3rec", "LastFM"),
}
"""Each takes the folder that holds every data set's folder."""


def read_data(name: str, root: Path) -> TrainingData:
    """One data set, joined; ConfigError names those there are."""
    require(name in READERS, f"{name} is no data set here; there are {', '.join(READERS)}", ConfigError)
    return joined(READERS[name](root))


def _named(split: str, folds: list[Fold], *slices: str) -> list[Fold]:
    """The folds under the name that results use, and only some of their slices where those are named."""
    return [
        replace(one, split=split, slices=tuple(part for part in one.slices if not slices or part.name in slices))
        for one in folds
    ]


def _warm_cold(part: str) -> Folds:
    """Train on the warm files `emb`; the other part's files are masked and not trained on."""
    other = "val" if part == "test" else "test"

    def folds(data: TrainingData, root: Path) -> list[Fold]:
        files = read_split(root / "citeulike-a", "warm-cold-split")
        rows = {name: _rows(pairs, data) for name, pairs in files.items()}
        cold = _marked(np.concatenate([rows[f"cold_item_{one}"] for one in ("val", "test")]), data)
        asked, masked = (np.concatenate([rows[f"warm_{one}"], rows[f"cold_item_{one}"]]) for one in (part, other))
        return [from_files(data, rows["warm_emb"], asked, masked, cold, "warm-cold", all_needs_both=True)]

    return folds


def _cold_item(data: TrainingData, root: Path) -> list[Fold]:
    """The split of CTR and DropoutNet: both parts of the cold articles' events are asked for, among those articles."""
    files = read_split(root / "citeulike-a", "cold-item-split")
    rows = {name: _rows(pairs, data) for name, pairs in files.items()}
    asked = np.concatenate([rows["vali"], rows["test"]])
    return _named("cold-item", [from_files(data, rows["train"], asked, None, _marked(asked, data))], "cold")


def _new_viewers(data: TrainingData, _: Path) -> list[Fold]:
    share = NEW_VIEWERS / len(data.events.viewers)
    return _named("new-viewers", [cold_viewers(data, share=share, seed=1)])


def _last(data: TrainingData, _: Path) -> list[Fold]:
    return _named("leave-last", [leave_last(data)])


def _last_but_one(data: TrainingData, _: Path) -> list[Fold]:
    return _named("leave-last", [leave_last(data, validation=True)])


def _last_unlearned(data: TrainingData, root: Path) -> list[Fold]:
    """The last video of each viewer is asked for; the one before is known of the viewer, but was not learned from."""
    [asked], [earlier] = _last(data, root), _last_but_one(data, root)
    return [replace(asked, train=replace(earlier.train, as_of=data.as_of))]


def _cold_videos(data: TrainingData, _: Path) -> list[Fold]:
    return _named("cold-videos", [cold_videos(data, fold=fold) for fold in range(COLD_FOLDS)])


def _within(test: Folds, make: Callable[[TrainingData], Fold]) -> Folds:
    """A fold made of the training part of the first test fold."""
    return lambda data, root: [make(test(data, root)[0].train)]


def _rows(pairs: Pairs, data: TrainingData) -> Rows:
    def of(ids: Ids, numbers: np.ndarray) -> Rows:
        return ids.rows([str(one) for one in numbers])

    return np.column_stack([of(data.events.viewers, pairs.viewer), of(data.events.videos, pairs.video)])


def _marked(pairs: Rows, data: TrainingData) -> Mask:
    """(n_videos,) whether a video is in the pairs."""
    marked = np.zeros(len(data.events.videos), bool)
    marked[pairs[:, 1]] = True
    return marked


def _sequences(data: str) -> Protocol:
    return Protocol(
        data=data, split="leave-last", test=_last_unlearned, validation=_last_but_one, ks=(10,),
        metrics=("hit_rate", "ndcg"), judged_by="ndcg@10", refitted=_last,
    )  # fmt: skip


PROTOCOLS = {
    one.name: one
    for one in (
        Protocol(data="ml-latest-small", split="leave-last", test=_last, validation=_last_but_one),
        Protocol(
            data="ml-latest-small", split="cold-videos", test=_cold_videos,
            validation=_within(_cold_videos, cold_videos),
        ),
        Protocol(data="citeulike-a", split="warm-cold", test=_warm_cold("test"), validation=_warm_cold("val")),
        Protocol(
            data="citeulike-a", split="cold-item", test=_cold_item, ks=(20, 100),
            validation=_within(_cold_item, lambda data: _named("", [cold_videos(data, warm_share=0)], "cold")[0]),
        ),
        Protocol(
            data="citeulike-a", split="new-viewers", test=_new_viewers,
            validation=_within(_new_viewers, lambda data: cold_viewers(data, share=0.1)),
        ),
        _sequences("s3rec-beauty"),
        _sequences("s3rec-lastfm"),
    )
}  # fmt: skip
"""By data set and split."""
