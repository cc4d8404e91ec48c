"""What re-ranking gains and what it costs: accuracy beside diversity, calibration and cold share, by strength."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from scipy import sparse

from recsys.errors import ConfigError, require
from recsys.evaluation.folds import Fold, Slice, pair_matrix
from recsys.evaluation.list_metrics import calibration, coverage, diversity
from recsys.evaluation.measure import SCORES_AT_ONCE
from recsys.evaluation.metrics import ndcg, recall, top_k
from recsys.evaluation.significance import intervals
from recsys.interactions import Videos
from recsys.models.base import Scorer
from recsys.ranking.exposure import expose
from recsys.ranking.rerank import calibrate, dpp, mmr, tag_mix
from recsys.schema import Doubles, Floats, Mask, Rows

STRENGTHS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
POOL = 100
"""How many of the best videos are ordered anew."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """One viewer's best videos, best first."""

    viewer: int
    """Row of the viewer; seeds what is drawn for them."""
    scores: Floats  # (n,)
    tags: sparse.csr_array  # (n, n_tags)
    cold: Mask  # (n,) without any training event
    mix: Doubles  # (n_tags,) the viewer's own


Rerank = Callable[[Candidates, int, float], Rows]
RERANKERS: dict[str, Rerank] = {
    "MMR": lambda found, n, strength: mmr(found.scores, found.tags, n, strength),
    "DPP": lambda found, n, strength: dpp(found.scores, found.tags, n, strength),
    "calibration": lambda found, n, strength: calibrate(found.scores, found.tags, found.mix, n, strength),
    "cold exposure": lambda found, n, strength: expose(found.cold, n, strength, found.viewer).order,
}
"""By the name that reports use. The strength of cold exposure is the share of slots owed."""


@dataclass(frozen=True)
class Point:
    """One metric of the lists that one strength gives: the mean over viewers, and by how much it moved."""

    reranker: str
    strength: float
    metric: str
    value: float
    low: float  # 95% bootstrap interval; NaN for a metric of all the lists together
    high: float
    change: float
    """Against strength 0, on the same viewers."""
    change_low: float
    change_high: float
    n_viewers: int

    def record(self) -> dict[str, str | int | float | None]:
        """As a row of a report; None for what is not known."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def trade_off(
    scorer: Scorer,
    fold: Fold,
    part: str = "all",
    k: int = 10,
    strengths: Sequence[float] = STRENGTHS,
    rerankers: Mapping[str, Rerank] = RERANKERS,
    pool: int = POOL,
    space: sparse.csr_array | None = None,
    seed: int = 0,
    n_resamples: int = 1000,
    progress: Callable[[str], None] | None = None,
) -> list[Point]:
    """Measure the lists of a fitted model, ordered anew in every way.

    Per strength `ndcg@k`, `recall@k`, `diversity@k` (1 is most), `calibration@k` (a divergence: 0 is best),
    `cold share@k` (of a list's videos without any training event) and `coverage@k`, all lists together.

    Args:
        scorer: fitted on `fold.train`.
        fold: the questions.
        part: the slice of the fold that is asked.
        k: length of the lists.
        strengths: of each re-ranker, 0 to 1; 0 is measured in any case.
        rerankers: by name.
        pool: how many of each viewer's best videos are ordered anew, at least k.
        space: (n_videos, n_tags) >= 0, the tags by which lists are varied and their properties measured, such as the
            categories alone; by default all that the model sees.
        seed: of the bootstrap.
        n_resamples: of the bootstrap.
        progress: told, in a line, what begins.

    Raises:
        ConfigError: no such slice, or `pool` below k.
    """
    parts = {one.name: one for one in fold.slices}
    require(part in parts, f"the fold has no slice {part!r}; it has {', '.join(parts)}", ConfigError)
    require(pool >= k >= 1, f"pool is {pool} and k is {k}; a pool of at least k, and k of at least 1", ConfigError)
    asked = parts[part]
    cold = fold.train.events.video_events() == 0
    tags = fold.train.tags if space is None else space
    require(tags.shape[0] == len(cold), f"space has {tags.shape[0]} videos; the fold has {len(cold)}")
    found = list(candidates(scorer, fold, asked, cold, pool, tags))
    rows = [at for at, _, _ in found]
    measured = partial(_measured, part=asked, fold=fold, cold=cold, k=k, tested=rows, tags=tags)
    points: list[Point] = []
    for name, rerank in rerankers.items():
        base: dict[str, Doubles] = {}
        for strength in sorted({0.0, *strengths}):
            if progress:
                progress(f"{name} at {strength:g}")
            values = measured(_lists(found, len(fold.viewers), k, rerank, strength))
            base = base or values
            points += [
                _point(name, strength, metric, each, base[metric], len(rows), seed, n_resamples)
                for metric, each in values.items()
            ]
    return points


def candidates(
    scorer: Scorer, fold: Fold, part: Slice, cold: Mask, pool: int, tags: sparse.csr_array
) -> Iterator[tuple[int, Rows, Candidates]]:
    """For each tested viewer, their position in the fold, the catalogue rows of their best videos, and the videos."""
    videos = Videos.trained(fold.train.tags)
    profiles = fold.profiles(part.known)
    history = pair_matrix(part.known.pairs.where(part.known.pairs.weight > 0), fold.viewers)
    tested = np.flatnonzero(part.viewers_tested).astype(np.int32)
    size = max(1, SCORES_AT_ONCE // max(len(videos), 1))
    for start in range(0, len(tested), size):
        chunk = tested[start : start + size]
        scores = scorer.score(profiles.take(chunk), videos)
        ranked = top_k(scores, pool, part.exclude[chunk], part.candidates, part.truth[chunk])
        for row, at in enumerate(chunk.tolist()):
            best = ranked[row][ranked[row] >= 0]
            past = history.indices[history.indptr[at] : history.indptr[at + 1]]
            mix = tag_mix(tags[past], np.ones(len(past), np.float32))
            mine = Candidates(int(fold.viewers[at]), scores[row, best], tags[best], cold[best], mix)
            yield at, best, mine


def _lists(found: list[tuple[int, Rows, Candidates]], n_tested: int, k: int, rerank: Rerank, strength: float) -> Rows:
    """(n_tested, k) catalogue rows, -1 where a list is short or a viewer is not tested."""
    ranked = np.full((n_tested, k), -1, np.int32)
    for at, best, mine in found:
        order = rerank(mine, k, strength)
        ranked[at, : len(order)] = best[order]
    return ranked


def _measured(
    ranked: Rows, part: Slice, fold: Fold, cold: Mask, k: int, tested: Sequence[int], tags: sparse.csr_array
) -> dict[str, Doubles]:
    """Per metric, (n_tested,) values, 0-d for one of all the lists together."""
    listed = ranked >= 0
    liked = part.known.pairs.where(part.known.pairs.weight > 0)
    with np.errstate(invalid="ignore"):
        share = np.where(listed.any(1), (cold[ranked] & listed).sum(1) / listed.sum(1), np.nan)
    values = {
        "ndcg": ndcg(ranked, part.truth),
        "recall": recall(ranked, part.truth),
        "diversity": diversity(ranked, tags),
        "calibration": calibration(ranked, tags, pair_matrix(liked, fold.viewers)),
        "cold share": share,
        "coverage": np.asarray(coverage(ranked, part.candidates)),
    }
    return {f"{name}@{k}": each[tested] if each.ndim else each for name, each in values.items()}


def _point(
    name: str, strength: float, metric: str, values: Doubles, base: Doubles, n: int, seed: int, n_resamples: int
) -> Point:
    if not values.ndim:
        nothing = float("nan")
        change = float(values - base)
        return Point(name, strength, metric, float(values), nothing, nothing, change, nothing, nothing, n)
    both = np.column_stack([values, values - base])
    (low, high), (change_low, change_high) = intervals(both, seed, n_resamples).tolist()
    known = ~np.isnan(both)
    mean, change = (float(one[ok].mean()) if ok.any() else np.nan for one, ok in zip(both.T, known.T, strict=True))
    return Point(name, strength, metric, mean, low, high, change, change_low, change_high, n)
