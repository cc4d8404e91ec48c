"""A whole request, straight down: viewer, candidates, scores, shortlist, filters, order, reasons."""

from dataclasses import dataclass, replace

import numpy as np

from recsys.bundle import Contents
from recsys.errors import require
from recsys.models.blend import CORES
from recsys.models.hybrid import HybridModel
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.explain import Reason, reasons
from recsys.ranking.filter_language import Filter
from recsys.ranking.filters import Emptied, emptied, matching
from recsys.ranking.retrieve import candidates
from recsys.ranking.viewer import KnownViewer, Viewer, known_viewer
from recsys.schema import Floats, Mask, Rows

MAX_N = 1000
KEPT = 500
"""How many a shortlist holds."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is asked for."""

    now: int
    """ms; ages and availability are counted to it."""
    n: int = 20
    exclude: frozenset[str] = frozenset()
    include_seen: bool = False
    filter: Filter | None = None
    """Only videos that it matches."""
    explain: bool = True

    def __post_init__(self) -> None:
        require(1 <= self.n <= MAX_N, f"n is {self.n}; it must be within 1 and {MAX_N}")


@dataclass(frozen=True)
class Recommended:
    """One ranked video."""

    video_id: str
    score: float
    state: str
    """`cold` without events in training, `warming` below 20, then `warm`."""
    source: str
    """The core that says most of the score."""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A ranked list, best first."""

    videos: tuple[Recommended, ...]
    fallback: str | None
    """Named when nothing is known of the viewer and everybody's favourites had to do."""
    n_candidates: int
    emptied: Emptied | None = None
    """The clause of the filter that leaves nothing, where one does."""


@dataclass(frozen=True, eq=False)
class Shortlist:
    """What ranks highest for a viewer of all that may be shown, best first; queries are answered from it."""

    known: KnownViewer
    positions: Rows  # (n,) in the catalogue
    scores: Floats  # (n,) falling
    sources: Rows  # (n,) the place in `blend.CORES` of the core that says most of each
    n_candidates: int
    """How many were scored."""
    is_whole: bool
    """Whether everything that may be shown and has a score is in it."""
    fallback: str | None


def shortlist(
    contents: Contents,
    catalogue: Catalogue,
    known: KnownViewer,
    now: int,
    include_seen: bool = False,
    wanted: Filter | None = None,
) -> Shortlist:
    """The highest of all that is available and, unless asked for, was not seen.

    Args:
        contents: the bundle's.
        catalogue: as of now.
        known: who asks.
        now: ms, the moment of availability.
        include_seen: whether videos that the viewer had may come again.
        wanted: only videos that it matches.
    """
    allowed = _allowed(catalogue, known, now, include_seen, wanted)
    return ranked(contents, contents.model, catalogue, known, allowed, KEPT)


def recommend(contents: Contents, catalogue: Catalogue, viewer: Viewer, query: Query) -> Answer:
    """Rank the catalogue for a viewer."""
    known = known_viewer(viewer, catalogue, query.now)
    listed = shortlist(contents, catalogue, known, query.now, query.include_seen, query.filter)
    return answer(contents, catalogue, listed, query)


def answer(contents: Contents, catalogue: Catalogue, listed: Shortlist, query: Query) -> Answer:
    """Answer from a shortlist; what a query leaves out is left out before the cut-off, so no list is short for it.

    Args:
        contents: the bundle's.
        catalogue: as of now.
        listed: made of the same, with or without what the viewer had, and by the same filter, as the query wants.
        query: what is asked.
    """
    excluded = catalogue.positions(sorted(query.exclude))
    kept = catalogue.available(query.now)[listed.positions] & ~np.isin(listed.positions, excluded)
    if kept.sum() < query.n and not listed.is_whole:
        allowed = _allowed(catalogue, listed.known, query.now, query.include_seen, query.filter)
        allowed[excluded[excluded >= 0]] = False
        listed = ranked(contents, contents.model, catalogue, listed.known, allowed, query.n)
        kept = np.ones(len(listed.positions), bool)
    at = np.flatnonzero(kept)[: query.n].astype(np.int32)
    found = answered(contents.model, catalogue, listed, at, query.explain)
    if found.videos or query.filter is None:
        return found
    return replace(found, emptied=emptied(catalogue, query.filter, query.now))


def answered(model: HybridModel, catalogue: Catalogue, listed: Shortlist, at: Rows, explain: bool) -> Answer:
    """An answer of the videos at these places of a shortlist, with what says most of each and why."""
    shown, score = listed.positions[at], listed.scores[at]
    why = _why(model, catalogue, listed, at) if explain else [()] * len(at)
    sources = [CORES[one] for one in listed.sources[at].tolist()]
    ranked = tuple(
        Recommended(catalogue.id_of(int(one)), float(score[i]), catalogue.state(int(one)), sources[i], why[i])
        for i, one in enumerate(shown)
    )
    return Answer(ranked, listed.fallback, listed.n_candidates)


def _why(model: HybridModel, catalogue: Catalogue, listed: Shortlist, at: Rows) -> list[tuple[Reason, ...]]:
    parts = model.explain(listed.known.profile, catalogue.videos(listed.positions[at]))
    return reasons(parts, listed.scores[at], listed.known.past, catalogue)


def ranked(
    contents: Contents, model: HybridModel, catalogue: Catalogue, known: KnownViewer, allowed: Mask, most: int
) -> Shortlist:
    """Score candidates and keep the best. Equal scores stand in the order of their positions.

    Args:
        contents: the bundle's.
        model: the bundle's, perhaps with a core silent.
        catalogue: as of now.
        known: who asks.
        allowed: (len(catalogue),) what may be shown.
        most: how many are kept.
    """
    positions = candidates(contents, model, catalogue, known, allowed)
    scores, sources = model.score_of(known.profile, catalogue.videos(positions))
    best = _best(scores, most)
    is_whole = len(positions) == np.count_nonzero(allowed) and np.count_nonzero(np.isfinite(scores)) == len(best)
    fallback = None if len(known.past) or known.profile.tags.nnz else "popularity"
    return Shortlist(known, positions[best], scores[best], sources[best], len(positions), is_whole, fallback)


def _allowed(catalogue: Catalogue, known: KnownViewer, now: int, include_seen: bool, wanted: Filter | None) -> Mask:
    available = catalogue.available(now)
    allowed = available.copy() if wanted is None else available & matching(catalogue, wanted, now)
    if not include_seen:
        allowed[known.seen] = False
    return allowed


def _best(scores: Floats, n: int) -> Rows:
    """Positions of the n highest scores, NaN left out; of equal ones, at the cut too, the first."""
    usable = np.flatnonzero(np.isfinite(scores))
    if n < len(usable):
        least = np.partition(scores[usable], len(usable) - n)[len(usable) - n]
        usable = usable[scores[usable] >= least]
    return usable[np.argsort(-scores[usable], kind="stable")[:n]].astype(np.int32)
