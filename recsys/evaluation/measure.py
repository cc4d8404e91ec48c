"""Ask one fitted model one fold's questions: lists per slice, then metrics per viewer."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from recsys.errors import ConfigError, require
from recsys.evaluation.folds import Fold, Known, Slice, pair_matrix
from recsys.evaluation.list_metrics import calibration, coverage, diversity, gini, novelty
from recsys.evaluation.metrics import ACCURACY, top_k
from recsys.interactions import Videos
from recsys.models.base import Scorer
from recsys.schema import Doubles, Floats, Rows

SCORES_AT_ONCE = 4_000_000
"""How many scores a chunk of viewers may take."""

ListMetric = Callable[[Rows, Slice, Fold], Doubles]
Values = dict[str, dict[str, Doubles]]
"""Per slice and metric, (n_tested,) values, NaN for who is not tested; 0-d for a metric of all the lists together."""


@runtime_checkable
class ViewerScorer(Protocol):
    """A model that scores the viewers it was trained on, by position, not by what is known of them when they ask."""

    def score_viewers(self, viewers: Rows, videos: Videos) -> Floats:
        """(len(viewers), len(videos)) float32 as `Scorer.score`, for rows of viewers in the training data's ids."""
        ...


def evaluate(
    scorer: Scorer, fold: Fold, ks: Sequence[int] = (10, 20), metrics: Sequence[str] = ("recall", "ndcg")
) -> Values:
    """Measure a fitted model on every slice of a fold.

    Args:
        scorer: fitted on `fold.train`.
        fold: the questions.
        ks: cut-offs.
        metrics: names out of `metric_names()`.

    Returns:
        Per slice and `<metric>@<k>`, the values.

    Raises:
        ConfigError: an unknown metric, or a cut-off below 1.
    """
    check_metrics(ks, metrics)
    lists = rank(scorer, fold, max(ks))
    return {part.name: _measured(lists[part.name], part, fold, ks, metrics) for part in fold.slices}


def metric_names() -> tuple[str, ...]:
    """Every metric that can be asked for."""
    return (*ACCURACY, *LIST_METRICS)


def check_metrics(ks: Sequence[int], metrics: Sequence[str]) -> None:
    """Refuse cut-offs and metric names that do not exist."""
    require(len(ks) > 0 and min(ks) >= 1, f"ks is {tuple(ks)}; it needs cut-offs of at least 1", ConfigError)
    for name in metrics:
        allowed = ", ".join(metric_names())
        require(name in metric_names(), f"there is no metric {name!r}; there is {allowed}", ConfigError)


def rank(scorer: Scorer, fold: Fold, k: int) -> dict[str, Rows]:
    """Per slice, (n_tested, k) ranked rows, -1 where a list is short or the viewer is not tested in the slice."""
    shape = (len(fold.viewers), k)
    lists = {part.name: np.full(shape, -1, np.int32) for part in fold.slices}
    by_known: dict[int, list[Slice]] = {}
    for part in fold.slices:
        by_known.setdefault(id(part.known), []).append(part)  # slices of the same known history share the scores
    for parts in by_known.values():
        _rank_parts(scorer, fold, parts[0].known, parts, lists)
    return lists


def _rank_parts(scorer: Scorer, fold: Fold, known: Known, parts: list[Slice], lists: dict[str, Rows]) -> None:
    videos = Videos.trained(fold.train.tags)
    profiles = fold.profiles(known)
    tested = np.flatnonzero(np.any([part.viewers_tested for part in parts], axis=0))
    size = max(1, SCORES_AT_ONCE // max(len(videos), 1))
    for start in range(0, len(tested), size):
        chunk = tested[start : start + size].astype(np.int32)
        if isinstance(scorer, ViewerScorer):
            scores = scorer.score_viewers(fold.viewers[chunk], videos)  # (n_chunk, n_videos)
        else:
            scores = scorer.score(profiles.take(chunk), videos)
        for part in parts:
            inside = part.viewers_tested[chunk]
            mine, ranked = chunk[inside], lists[part.name]
            ranked[mine] = top_k(scores[inside], ranked.shape[1], part.exclude[mine], part.candidates, part.truth[mine])


def _measured(ranked: Rows, part: Slice, fold: Fold, ks: Sequence[int], metrics: Sequence[str]) -> dict[str, Doubles]:
    values: dict[str, Doubles] = {}
    for name in metrics:
        for k in ks:
            cut = ranked[:, :k]
            accurate = ACCURACY.get(name)
            of_all = LIST_METRICS[name](cut, part, fold) if accurate is None else accurate(cut, part.truth)
            values[f"{name}@{k}"] = np.asarray(of_all, np.float64)
    return values


def _novelty(ranked: Rows, part: Slice, fold: Fold) -> Doubles:
    pairs = fold.train.events.pairs()
    return novelty(ranked, pairs.video_counts(), len(np.unique(pairs.viewer)))


def _calibration(ranked: Rows, part: Slice, fold: Fold) -> Doubles:
    liked = part.known.pairs.where(part.known.pairs.weight > 0)
    return calibration(ranked, fold.train.tags, pair_matrix(liked, fold.viewers))


LIST_METRICS: dict[str, ListMetric] = {
    "coverage": lambda ranked, part, fold: np.asarray(coverage(ranked, part.candidates)),
    "gini": lambda ranked, part, fold: np.asarray(gini(ranked, part.candidates)),
    "novelty": _novelty,
    "diversity": lambda ranked, part, fold: diversity(ranked, fold.train.tags),
    "calibration": _calibration,
}
