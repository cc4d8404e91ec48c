"""What tags a video should have, by its other tags and by who likes it: tags that miss, and tags that look wrong."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from recsys.analysis.tagged import Tagged
from recsys.schema import Doubles, Floats, Mask, Rows

MOST_TAGS = 2_000
"""The most used tags that are expected of videos; the rarer have too few examples, and a square of all is held."""
VIDEOS_AT_ONCE = 1_000
BINS = 200
PIECE, SAMPLED = 100, 2_000
"""Confidence is learnt from so many videos, in pieces."""
LEAST_IN_BIN = 100
"""Pairs of video and tag at such a score from which its confidence is learnt."""
TIE = 1e-3
"""How much a score itself counts among doubts: only where confidence tells no difference, as below 0."""


Scored = tuple[float, int, int]
"""A score, a video, and the place of a tag among those expected."""


@dataclass(frozen=True)
class Suggestion:
    """A tag that a video lacks, though videos like it have it."""

    video: str
    tag: str
    confidence: float
    """How often videos with so much speaking for a tag do have it, 0 to 1."""


@dataclass(frozen=True)
class Doubt:
    """A tag that a video has, though nothing else speaks for it."""

    video: str
    tag: str
    sources: str
    """Who gave it, joined by commas."""
    expected: float
    """How often videos with so little speaking for a tag have it, 0 to 1."""
    stated: float
    """How sure the sources were, 0 to 1, of several at least one; NaN where none said."""
    confidence: float
    """Both together, their odds multiplied; 0.5 for `stated` where none said. The lower, the more doubtful."""


@dataclass(frozen=True, eq=False)
class Expectation:
    """A fitted linear model: each tag from the others and from the audience, each video without itself."""

    rows: Rows  # (n_expected,) the tags that are expected
    matrix: sparse.csr_array  # (n_videos, n_expected) float32, 1 where a video has the tag
    behaviour: Floats  # (n_videos, size)
    mean: Floats  # (n_expected + size,) of both
    precision: Floats  # (n_expected + size, n_expected + size) inverse of the penalised covariance
    edges: Doubles  # (n_bins + 1,)
    rate: Doubles  # (n_bins,) not decreasing: how often a tag is there at such a score

    def scores(self, start: int, stop: int) -> Floats:
        """(stop - start, n_expected) how much speaks for each tag on these videos.

        Leave-one-out twice: no tag speaks for itself, and no video took part in the fit it is scored by. With P the
        precision, x a video's centred row and z = P x, the residual of tag t is z_t / P_tt and its leverage
        xᵀz - z_t² / P_tt, so no second fit is needed.
        """
        t = len(self.rows)
        own = self.matrix[start:stop].toarray() - self.mean[:t]
        row = np.concatenate([own, self.behaviour[start:stop] - self.mean[t:]], axis=1)
        z = row @ self.precision
        of_all = np.einsum("nf,nf->n", row, z)[:, None]
        diagonal = np.diag(self.precision)[:t]
        leverage = of_all - z[:, :t] ** 2 / diagonal + np.float32(1 / self.matrix.shape[0])
        told: Floats = own - z[:, :t] / diagonal / np.maximum(1 - leverage, np.float32(0.05)) + self.mean[:t]
        return told

    def confidence(self, scores: Floats) -> Doubles:
        """Scores as how often videos with such scores have the tag, 0 to 1."""
        place = np.searchsorted(self.edges, scores, side="right") - 1
        found: Doubles = self.rate[np.clip(place, 0, len(self.rate) - 1)]
        return found


def fit_expectation(
    tagged: Tagged, behaviour: Floats, least_videos: int = 5, ridge: float = 80.0, weight: float = 2.0
) -> Expectation:
    """Fit.

    The closed form of EASE (Steck 2019) on the matrix of videos by tags, with columns for behaviour beside the tags: a
    ridge regression of every tag on everything but itself, all at once. Scores become confidence by isotonic regression
    (Zadrozny and Elkan 2002) over some videos and all tags, each scored without itself.

    Args:
        tagged: which videos have which tags.
        behaviour: (n_videos, size) who likes each video, see `audiences.taste`; 0 where unknown.
        least_videos: tags on fewer are not expected.
        ridge: penalty on all weights, above 0.
        weight: of behaviour against tags.
    """
    enough = np.flatnonzero(tagged.spread >= max(least_videos, 1))
    rows = np.sort(enough[np.argsort(-tagged.spread[enough], kind="stable")[:MOST_TAGS]]).astype(np.int32)
    matrix = sparse.csr_array(tagged.matrix[:, rows])
    behaviour = (weight * behaviour).astype(np.float32)
    n = max(matrix.shape[0], 1)
    mean = np.concatenate([np.asarray(matrix.sum(0), np.float64).ravel(), behaviour.sum(0, dtype=np.float64)]) / n
    both = np.asarray(matrix.T @ behaviour)
    gram = np.block([[(matrix.T @ matrix).toarray(), both], [both.T, behaviour.T @ behaviour]]).astype(np.float64)
    gram -= n * np.outer(mean, mean)
    gram[np.diag_indices_from(gram)] += ridge
    precision = cho_solve(cho_factor(gram, overwrite_a=True), np.eye(len(gram))).astype(np.float32)
    bare = Expectation(
        rows, matrix, behaviour, mean.astype(np.float32), precision, np.array([-1.0, 1.0]), np.array([0.5])
    )
    return _calibrated(bare)


def expectations(
    tagged: Tagged, model: Expectation, most: int = 200, per_video: int = 5, least: float = 0.3, least_tags: int = 3
) -> tuple[list[Suggestion], list[Doubt]]:
    """Tags that miss and tags that look wrong, each the surest first.

    Args:
        tagged: what `model` was fitted on.
        model: what to expect.
        most: how many of each.
        per_video: suggestions for one video at most.
        least: confidence below which nothing is suggested, and 1 minus that above which nothing is doubted.
        least_tags: a video with fewer expected tags, and without an audience, says too little to be judged.
    """
    missing: list[Scored] = []
    wrong: list[Scored] = []
    stated = _stated(tagged, model.rows)
    for start in range(0, model.matrix.shape[0] if len(model.rows) else 0, VIDEOS_AT_ONCE):
        stop = min(start + VIDEOS_AT_ONCE, model.matrix.shape[0])
        has, scores = model.matrix[start:stop].toarray() > 0, model.scores(start, stop)
        told = (has.sum(1) >= least_tags) | model.behaviour[start:stop].any(1)
        open_ = ~has & told[:, None] & ~_implied(tagged, model, start, len(has))
        missing = _surest([*missing, *_best(np.where(open_, scores, -np.inf), start, per_video)], most)
        row, column = np.nonzero(has & told[:, None])
        own = scores[row, column]
        odds = _log_odds(model.confidence(own)) + TIE * own
        odds += _log_odds(np.nan_to_num(stated[start:stop][row, column], nan=0.5))
        some = np.argsort(odds, kind="stable")[:most].tolist()
        wrong = _surest([*wrong, *((-float(odds[at]), start + int(row[at]), int(column[at])) for at in some)], most)
    return _suggested(tagged, model, missing, least), _doubted(tagged, model, stated, wrong, 1 - least)


def _suggested(tagged: Tagged, model: Expectation, found: list[Scored], least: float) -> list[Suggestion]:
    sure = model.confidence(np.array([score for score, _, _ in found], np.float32)).tolist()
    return [
        Suggestion(tagged.videos[video], tagged.tags[int(model.rows[tag])], one)
        for (_, video, tag), one in zip(found, sure, strict=True)
        if one >= least
    ]


def _doubted(
    tagged: Tagged, model: Expectation, stated: sparse.csr_array, found: list[Scored], most: float
) -> list[Doubt]:
    doubted = []
    for odds, video, place in found:
        tag, together = int(model.rows[place]), float(1 / (1 + np.exp(odds)))
        expected = float(model.confidence(model.scores(video, video + 1))[0, place])
        said = float(stated[video, place])
        if together <= most:
            names = tagged.videos[video], tagged.tags[tag], _sources(tagged, video, tag)
            doubted.append(Doubt(*names, expected, said, together))
    return doubted


def _stated(tagged: Tagged, rows: Rows) -> sparse.csr_array:
    """(n_videos, n_expected) how sure the sources of each tag were together, noisy-or; NaN where none said."""
    at = np.full(len(tagged.tags), -1)
    at[rows] = np.arange(len(rows))
    column = at[tagged.tag]
    keep = column >= 0
    doubt = np.log1p(-np.minimum(tagged.confidence[keep], np.float32(0.999)))
    silent = np.isnan(doubt)
    place, shape = (tagged.video[keep], column[keep]), (len(tagged.videos), len(rows))
    together = sparse.coo_array((np.where(silent, 0, doubt), place), shape=shape).tocsr()
    spoken = sparse.coo_array(((~silent).astype(np.float32), place), shape=shape).tocsr()  # same entries, same order
    together.data = np.where(spoken.data > 0, -np.expm1(together.data), np.nan)
    return together


def _log_odds(share: Doubles) -> Doubles:
    held = np.clip(share, 0.001, 0.999)
    odds: Doubles = np.log(held) - np.log1p(-held)
    return odds


def _best(scores: Floats, start: int, k: int) -> list[Scored]:
    """The k best of each row, as (score, video, place of the tag)."""
    k = min(k, scores.shape[1])
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    values = np.take_along_axis(scores, best, axis=1)
    row, place = np.nonzero(np.isfinite(values))
    return [(float(values[r, p]), start + int(r), int(best[r, p])) for r, p in zip(row, place, strict=True)]


def _surest(found: list[Scored], most: int) -> list[Scored]:
    return sorted(found, key=lambda one: (-one[0], one[1:]))[:most]


def _implied(tagged: Tagged, model: Expectation, start: int, n: int) -> Mask:
    """(n, n_expected) tags that a video has through a child: nobody needs to add those."""
    implied = np.zeros((n, len(model.rows)), bool)
    at = np.full(len(tagged.tags), -1)
    at[model.rows] = np.arange(len(model.rows))
    own = sparse.coo_array(tagged.matrix[start : start + n])
    for generation in tagged.taxonomy.ancestors():
        above = generation[own.col]
        column = np.where(above >= 0, at[above], -1)
        implied[own.row[column >= 0], column[column >= 0]] = True
    return implied


def _calibrated(model: Expectation) -> Expectation:
    """The same with confidence, from videos spread over the catalogue: bins of equal range, then isotonic."""
    edges = np.linspace(-0.25, 1.25, BINS + 1)
    total, there = np.zeros(BINS), np.zeros(BINS)
    n = model.matrix.shape[0]
    starts = np.arange(0, n, PIECE)
    some = np.unique(np.linspace(0, len(starts) - 1, min(SAMPLED // PIECE, len(starts))).astype(int))
    for start in starts[some].tolist():
        stop = min(start + PIECE, n)
        place = np.searchsorted(edges, model.scores(start, stop).ravel(), side="right") - 1
        place = np.clip(place, 0, BINS - 1)
        total += np.bincount(place, minlength=BINS)
        there += np.bincount(place, model.matrix[start:stop].toarray().ravel(), BINS)
    return replace(model, edges=edges, rate=isotonic(*pooled(there, total)))


def pooled(there: Doubles, total: Doubles, least: float = LEAST_IN_BIN) -> tuple[Doubles, Doubles]:
    """The same counts, thin bins added to their left neighbours from the top on: one lucky hit is no certainty.

    >>> [one.tolist() for one in pooled(np.array([1.0, 1.0, 1.0]), np.array([9.0, 4.0, 1.0]), least=5)]
    [[1.0, 2.0, 0.0], [9.0, 5.0, 0.0]]
    """
    there, total = there.copy(), total.copy()
    for at in range(len(total) - 1, 0, -1):
        if total[at] < least:
            there[at - 1], total[at - 1] = there[at - 1] + there[at], total[at - 1] + total[at]
            there[at] = total[at] = 0
    return there, total


def isotonic(there: Doubles, total: Doubles) -> Doubles:
    """(n,) the rates there / total made not decreasing by pooling neighbours; a bin without any takes its left one's.

    >>> isotonic(np.array([1.0, 0.0, 3.0]), np.array([2.0, 2.0, 3.0])).tolist()
    [0.25, 0.25, 1.0]
    """
    blocks: list[list[float]] = []
    for n_there, n in zip(there.tolist(), total.tolist(), strict=True):
        blocks.append([n_there, n, 1])
        while len(blocks) > 1 and (
            blocks[-2][1] == 0 or blocks[-1][1] == 0 or blocks[-2][0] * blocks[-1][1] > blocks[-1][0] * blocks[-2][1]
        ):
            last = blocks.pop()
            blocks[-1] = [one + more for one, more in zip(blocks[-1], last, strict=True)]
    return np.repeat([a / b if b else 0.0 for a, b, _ in blocks], [int(size) for _, _, size in blocks])


def _sources(tagged: Tagged, video: int, tag: int) -> str:
    who = tagged.source[(tagged.video == video) & (tagged.tag == tag)]
    return ", ".join(tagged.sources[int(one)] for one in np.unique(who))
