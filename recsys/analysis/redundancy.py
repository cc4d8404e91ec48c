"""Tags that may be one and the same: on nearly the same videos, liked by the same viewers, or named alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.analysis.tagged import Tagged
from recsys.schema import Doubles, Floats, Mask, Rows

PIECE = 500
"""Tags whose partners are sought at once: bounds memory."""
SAME_VIDEOS = 0.8
ALIKE_NAMES = 0.75
SAME_AUDIENCE = 0.9
LEAST_FOR_AUDIENCE = 10
"""Tags on fewer videos are not told apart by audience: it is mostly chance."""


@dataclass(frozen=True)
class Twins:
    """Two tags that one may want to merge; `tag` is on at least as many videos."""

    tag: str
    other: str
    n_videos: int
    n_other: int
    videos: float
    """Jaccard overlap of the two sets of videos, 0 to 1."""
    audience: float
    """Cosine of the two audiences beyond everybody's, -1 to 1; NaN where either has none."""
    names: float
    """Cosine of the names' letter triples, 0 to 1."""
    why: str
    """`same videos`, `same audience`, `alike names`, or several joined by commas."""


def redundancy(
    tagged: Tagged, names: Sequence[str], audiences: Floats, least_videos: int = 3, most: int = 200
) -> list[Twins]:
    """Pairs that pass at least one of the three tests, those that pass more and by more first.

    A parent and its child are no pair: what is said of the child is meant for the parent too. Two different values of
    what is one to a video (two years, two directors) do not overlap, so only their names can bring them here.

    Args:
        tagged: which videos have which tags.
        names: (n_tags,) what people read; case and blanks do not count.
        audiences: (n_tags, size) from `audiences.tag_sketches`.
        least_videos: tags on fewer are left out.
        most: how many pairs.
    """
    rows = np.flatnonzero(tagged.spread >= max(least_videos, 1)).astype(np.int32)
    letters = name_vectors([names[int(row)] for row in rows])
    found: list[Twins] = []
    for first, second in _candidates(tagged, rows, letters, audiences):
        found += _judged(tagged, rows, letters, audiences, first, second)
    found.sort(key=lambda one: (-one.why.count(","), -_strength(one), one.tag, one.other))
    return found[:most]


def name_vectors(names: Sequence[str]) -> sparse.csr_array:
    """(n, n_triples) float32 of length 1: how often each run of three letters is in a name; empty for an empty name.

    >>> names = name_vectors(["Sci-Fi", "sci fi", "drama"])
    >>> (names @ names.T).toarray().round(2).tolist()[0]
    [1.0, 1.0, 0.0]
    """
    row, triple = [], []
    for at, name in enumerate(names):
        text = " ".join("".join(one if one.isalnum() else " " for one in name.casefold()).split())
        padded = f" {text} " if text else ""
        row += [at] * max(len(padded) - 2, 0)
        triple += [padded[start : start + 3] for start in range(len(padded) - 2)]
    column = np.unique(np.array(triple, dtype=str), return_inverse=True)[1] if triple else np.empty(0, np.int64)
    shape = (len(names), int(column.max(initial=-1)) + 1)
    counts = sparse.coo_array((np.ones(len(row), np.float32), (row, column)), shape=shape).tocsr()
    length = np.sqrt(np.asarray(counts.multiply(counts).sum(1)).ravel())
    inverse = np.divide(1.0, length, out=np.zeros(len(length), np.float32), where=length > 0)
    return sparse.csr_array(sparse.diags_array(inverse.astype(np.float32)) @ counts)


def _candidates(
    tagged: Tagged, rows: Rows, letters: sparse.csr_array, audiences: Floats
) -> Iterator[tuple[Rows, Rows]]:
    """Pairs (positions in `rows`, the first the smaller) that pass one of the tests, some tags at a time."""
    matrix = tagged.matrix[:, rows].tocsc()
    counts = tagged.spread[rows].astype(np.float64)
    own = np.where((counts >= LEAST_FOR_AUDIENCE)[:, None], audiences[rows], 0).astype(np.float32)
    for start in range(0, len(rows), PIECE):
        some = slice(start, start + PIECE)
        both = sparse.coo_array(matrix[:, some].T @ matrix)
        jaccard = both.data / (counts[start + both.row] + counts[both.col] - both.data)
        named = sparse.coo_array(letters[some] @ letters.T)
        likes = np.nonzero(own[some] @ own.T >= SAME_AUDIENCE)
        near, alike = jaccard >= SAME_VIDEOS, named.data >= ALIKE_NAMES
        first = np.concatenate([both.row[near], named.row[alike], likes[0]]) + start
        second = np.concatenate([both.col[near], named.col[alike], likes[1]])
        pairs = np.unique(np.column_stack([first, second])[first < second], axis=0)
        if len(pairs):
            yield pairs[:, 0].astype(np.int32), pairs[:, 1].astype(np.int32)


def _judged(
    tagged: Tagged, rows: Rows, letters: sparse.csr_array, audiences: Floats, first: Rows, second: Rows
) -> Iterator[Twins]:
    one, other = rows[first], rows[second]
    parent = tagged.taxonomy.parent
    matrix = tagged.matrix.tocsc()
    shared = _dots(matrix[:, one].T.tocsr(), matrix[:, other].T.tocsr())
    jaccard = shared / (tagged.spread[one] + tagged.spread[other] - shared)
    named = _dots(letters[first], letters[second])
    audience = (audiences[one] * audiences[other]).sum(1)
    heard: Mask = (audiences != 0).any(1)
    silent: Mask = np.logical_not(heard[one] & heard[other])
    small = np.minimum(tagged.spread[one], tagged.spread[other]) < LEAST_FOR_AUDIENCE
    for at in np.flatnonzero((parent[one] != other) & (parent[other] != one)).tolist():
        a, b = int(one[at]), int(other[at])
        a, b = (a, b) if tagged.spread[a] >= tagged.spread[b] else (b, a)
        liked = float("nan") if silent[at] else float(audience[at])
        tests = {
            "same videos": jaccard[at] >= SAME_VIDEOS,
            "same audience": liked >= SAME_AUDIENCE and not small[at],
            "alike names": named[at] >= ALIKE_NAMES,
        }
        why = ", ".join(name for name, passed in tests.items() if passed)
        n, n_other = int(tagged.spread[a]), int(tagged.spread[b])
        yield Twins(tagged.tags[a], tagged.tags[b], n, n_other, float(jaccard[at]), liked, float(named[at]), why)


def _dots(one: sparse.csr_array, other: sparse.csr_array) -> Doubles:
    dots: Doubles = np.asarray(one.multiply(other).sum(1), np.float64).ravel()
    return dots


def _strength(one: Twins) -> float:
    audience = 0.0 if np.isnan(one.audience) else max(one.audience, 0.0)
    return one.videos + one.names + audience
