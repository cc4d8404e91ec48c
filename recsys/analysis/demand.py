"""Supply and demand of each tag: its share of the catalogue beside its share of what viewers like."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.analysis.tagged import Tagged
from recsys.interactions import Interactions
from recsys.schema import Doubles

Z = 1.96


@dataclass(frozen=True)
class Demand:
    """One tag. Shares may overlap: a video has several tags."""

    tag: str
    n_videos: int
    supply: float
    """Share of the videos that have the tag, 0 to 1."""
    demand: float
    """Share of the positive events whose video has it, 0 to 1."""
    low: float
    high: float
    """95% interval of the demand."""
    ratio: float
    """demand / supply: above 1 viewers want more of it than there is."""
    verdict: str
    """`short`, `ample`, or `even` where the interval holds the supply."""


def demand(tagged: Tagged, events: Interactions, least_videos: int = 5) -> list[Demand]:
    """Every tag on enough videos, the shortest in supply first: by the gap of the shares that is sure at least.

    The interval is that of a ratio of means over viewers by linearization (Cochran 1977, chapter 6): viewers are
    drawn, not events. Parents count only where a source names them.

    Args:
        tagged: which videos have which tags.
        events: those of positive weight are counted.
        least_videos: tags on fewer are left out.
    """
    share, half = demand_shares(tagged.matrix, events)
    supply = tagged.spread / max(len(tagged.videos), 1)
    rows = np.flatnonzero(tagged.spread >= max(least_videos, 1))
    found = [_of(tagged, int(row), float(supply[row]), float(share[row]), float(half[row])) for row in rows]
    return sorted(found, key=lambda one: (-_sure_gap(one), one.tag))


def demand_shares(matrix: sparse.csr_array, events: Interactions) -> tuple[Doubles, Doubles]:
    """(n_tags,) share of the positive events, and half the width of its interval; NaN without any positive event."""
    liked = events.weight > 0
    shape = (len(events.viewers), matrix.shape[0])
    ones = np.ones(int(liked.sum()), np.float64)
    counts = sparse.coo_array((ones, (events.viewer[liked], events.video[liked])), shape=shape).tocsr()
    with_tag = sparse.csr_array(counts @ matrix.astype(np.float64))  # (n_viewers, n_tags)
    own = np.asarray(counts.sum(1)).ravel()
    total, n = own.sum(), int((own > 0).sum())
    if n < 2:
        share = np.asarray(with_tag.sum(0)).ravel() / total if total else np.full(matrix.shape[1], np.nan)
        return share, np.full(matrix.shape[1], np.nan)
    share = np.asarray(with_tag.sum(0)).ravel() / total
    squares = np.asarray(with_tag.multiply(with_tag).sum(0)).ravel()
    spread = squares - 2 * share * (own @ with_tag) + share**2 * (own @ own)
    return share, Z * np.sqrt(np.maximum(spread, 0) * n / (n - 1)) / total


def _sure_gap(one: Demand) -> float:
    """demand - supply at the end of the interval nearer to 0; 0 where it holds the supply."""
    return max(one.low - one.supply, 0.0) + min(one.high - one.supply, 0.0)


def _of(tagged: Tagged, row: int, supply: float, share: float, half: float) -> Demand:
    low, high = max(share - half, 0.0), min(share + half, 1.0)
    verdict = "short" if low > supply else "ample" if high < supply else "even"
    return Demand(tagged.tags[row], int(tagged.spread[row]), supply, share, low, high, share / supply, verdict)
