"""A whole request, straight down: viewer, candidates, scores, shortlist, filters, order, reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.bundle import Contents
from recsys.errors import require
from recsys.models.blend import CORES
from recsys.models.hybrid import HybridModel
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.explain import Reason, reasons
from recsys.ranking.filter_language import Filter, tagged
from recsys.ranking.filters import Emptied, emptied, matching
from recsys.ranking.retrieve import candidates
from recsys.ranking.rules import Place, Rules, arranged, reach
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
    muted: tuple[str, ...] = ()
    """Tags whose videos, and those of tags below them, are left out."""
    rules: Rules = Rules()
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
    """The core that says most of the score; `pin` or `exploration` where it stands there for a rule."""
    reasons: tuple[Reason, ...] = ()
    propensity: float = 1.0
    """How likely it was to stand at its place, given those above it; 1 by score alone."""


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

    def at(self, index: Rows) -> "Shortlist":
        """Only the videos at these places of it, in this order."""
        return replace(self, positions=self.positions[index], scores=self.scores[index], sources=self.sources[index])


def shortlist(contents: Contents, catalogue: Catalogue, known: KnownViewer, query: Query) -> Shortlist:
    """The highest of all that may be shown, whatever `exclude`, `n` and `rules` say.

    Args:
        contents: the bundle's.
        catalogue: as of now.
        known: who asks.
        query: what is asked.
    """
    return _ranked(contents, catalogue, known, allowed(catalogue, known, query), KEPT)


def recommend(contents: Contents, catalogue: Catalogue, viewer: Viewer, query: Query) -> Answer:
    """Rank the catalogue for a viewer."""
    known = known_viewer(viewer, catalogue, query.now)
    listed, *more = (shortlist(contents, catalogue, known, one) for one in reaching(query))
    return answer(contents, catalogue, merged(listed, more), query)


def reaching(query: Query) -> list[Query]:
    """The query, and one for each further shortlist that its rules need."""
    return [query, *(replace(query, filter=one) for one in reach(query.rules, query.filter))]


def merged(listed: Shortlist, more: Sequence[Shortlist]) -> Shortlist:
    """One shortlist of several of the same viewer, each video once."""
    if not more:
        return listed
    every = [listed, *more]
    positions, first = np.unique(np.concatenate([one.positions for one in every]), return_index=True)
    scores = np.concatenate([one.scores for one in every])[first]
    sources = np.concatenate([one.sources for one in every])[first]
    order = np.argsort(-scores, kind="stable")
    return replace(listed, positions=positions[order], scores=scores[order], sources=sources[order])


def answer(contents: Contents, catalogue: Catalogue, listed: Shortlist, query: Query) -> Answer:
    """Answer from a shortlist; what a query leaves out is left out before the cut-off, so no list is short for it.

    Args:
        contents: the bundle's.
        catalogue: as of now.
        listed: made of the same and for the same query, but for `exclude`, `n` and `rules`.
        query: what is asked.
    """
    excluded = catalogue.positions(sorted(query.exclude))
    kept = catalogue.available(query.now)[listed.positions] & ~np.isin(listed.positions, excluded)
    if kept.sum() < query.n and not listed.is_whole:
        left = _wanted(catalogue, listed.known, query)
        listed = _ranked(contents, catalogue, listed.known, left, max(query.n, KEPT))
        kept = np.ones(len(listed.positions), bool)
    return _told(contents.model, catalogue, listed.at(np.flatnonzero(kept).astype(np.int32)), query)


def _told(model: HybridModel, catalogue: Catalogue, listed: Shortlist, query: Query) -> Answer:
    """An answer of a shortlist, arranged by the query's rules; of an empty one, which clause of the filter did it."""
    pins = tuple(one for one in query.rules.pins if one.video_id not in query.exclude)
    rules = replace(query.rules, pins=pins) if query.rules.pins else query.rules
    places = arranged(rules, catalogue, listed.positions, listed.scores, query.n, query.now)
    found = answered(model, catalogue, listed, places, query.explain)
    if found.videos or query.filter is None:
        return found
    return replace(found, emptied=emptied(catalogue, query.filter, query.now))


def answered(
    model: HybridModel, catalogue: Catalogue, listed: Shortlist, places: Sequence[Place], explain: bool
) -> Answer:
    """An answer of these places, with what says most of each and why."""
    shown = _scored(model, catalogue, listed, places)
    added = [sum(reason.value for reason in one.added) for one in places]
    why = _why(model, catalogue, shown) if explain else [()] * len(places)
    ranked = tuple(
        Recommended(
            catalogue.id_of(one.position),
            float(score) + more,
            catalogue.state(one.position),
            one.source or CORES[source],
            parts and (*one.added, *parts),
            one.propensity,
        )
        for one, score, more, source, parts in zip(places, shown.scores, added, shown.sources, why, strict=True)
    )
    return Answer(ranked, listed.fallback, listed.n_candidates)


def _scored(model: HybridModel, catalogue: Catalogue, listed: Shortlist, places: Sequence[Place]) -> Shortlist:
    """The videos of these places with their scores; of one that no core can score, 0."""
    at = np.array([one.at for one in places], np.int32)
    if (at >= 0).all():
        return listed.at(at)
    positions = np.array([one.position for one in places], np.int32)
    scores, sources = np.zeros(len(at), np.float32), np.zeros(len(at), np.int32)
    inside, outside = at >= 0, at < 0
    scores[inside], sources[inside] = listed.scores[at[inside]], listed.sources[at[inside]]
    scores[outside], sources[outside] = model.score_of(listed.known.profile, catalogue.videos(positions[outside]))
    return replace(listed, positions=positions, scores=np.nan_to_num(scores), sources=sources)


def _why(model: HybridModel, catalogue: Catalogue, shown: Shortlist) -> list[tuple[Reason, ...]]:
    parts = model.explain(shown.known.profile, catalogue.videos(shown.positions))
    return reasons(parts, shown.scores, shown.known.past, catalogue)


def _ranked(contents: Contents, catalogue: Catalogue, known: KnownViewer, allowed: Mask, most: int) -> Shortlist:
    """Score candidates and keep the best. Equal scores stand in the order of their positions.

    Args:
        contents: the bundle's.
        catalogue: as of now.
        known: who asks.
        allowed: (len(catalogue),) what may be shown.
        most: how many are kept.
    """
    positions = candidates(contents, catalogue, known, allowed)
    scores, sources = contents.model.score_of(known.profile, catalogue.videos(positions))
    best = _best(scores, most)
    is_whole = len(positions) == np.count_nonzero(allowed) and np.count_nonzero(np.isfinite(scores)) == len(best)
    fallback = None if len(known.past) or known.profile.tags.nnz else "popularity"
    return Shortlist(known, positions[best], scores[best], sources[best], len(positions), is_whole, fallback)


def allowed(catalogue: Catalogue, known: KnownViewer, query: Query) -> Mask:
    """(len(catalogue),) what may be shown: available, matched, neither muted nor seen; a mask of the caller's own."""
    found = catalogue.available(query.now).copy()
    if query.filter is not None:
        found &= matching(catalogue, query.filter, query.now)
    for tag_id in query.muted:
        found &= ~matching(catalogue, tagged(tag_id), query.now)
    if not query.include_seen:
        found[known.seen] = False
    return found


def _wanted(catalogue: Catalogue, known: KnownViewer, query: Query) -> Mask:
    """(len(catalogue),) what is `allowed`, without what the query excludes."""
    found = allowed(catalogue, known, query)
    excluded = catalogue.positions(sorted(query.exclude))
    found[excluded[excluded >= 0]] = False
    return found


def _best(scores: Floats, n: int) -> Rows:
    """Positions of the n highest scores, NaN left out; of equal ones, at the cut too, the first."""
    usable = np.flatnonzero(np.isfinite(scores))
    if n < len(usable):
        least = np.partition(scores[usable], len(usable) - n)[len(usable) - n]
        usable = usable[scores[usable] >= least]
    return usable[np.argsort(-scores[usable], kind="stable")[:n]].astype(np.int32)
