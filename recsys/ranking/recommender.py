"""A whole request, straight down: viewer, candidates, filters, scores, order, reasons."""

from dataclasses import dataclass

import numpy as np

from recsys.bundle import Contents
from recsys.errors import require
from recsys.interactions import Videos
from recsys.models.hybrid import HybridModel
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.explain import Reason, reasons
from recsys.ranking.retrieve import candidates
from recsys.ranking.viewer import KnownViewer, Viewer, known_viewer
from recsys.schema import Floats, Rows

MAX_N = 1000


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is asked for."""

    now: int
    """ms; ages and availability are counted to it."""
    n: int = 20
    exclude: frozenset[str] = frozenset()
    include_seen: bool = False
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


def recommend(contents: Contents, catalogue: Catalogue, viewer: Viewer, query: Query) -> Answer:
    """Rank the catalogue for a viewer. Filters come before the cut-off, so they never shorten a list needlessly."""
    known = known_viewer(viewer, catalogue, query.now)
    allowed = catalogue.available(query.now)
    if not query.include_seen:
        allowed[known.seen] = False
    excluded = catalogue.positions(sorted(query.exclude))
    allowed[excluded[excluded >= 0]] = False
    fallback = None if len(known.past) or known.profile.tags.nnz else "popularity"
    return rank(
        contents.model,
        catalogue,
        known,
        candidates(contents, contents.model, catalogue, known, allowed),
        query,
        fallback,
    )


def rank(
    model: HybridModel,
    catalogue: Catalogue,
    known: KnownViewer,
    positions: Rows,
    query: Query,
    fallback: str | None,
) -> Answer:
    """Score candidates, keep the best and say why. Equal scores stand in the order of their positions."""
    videos = catalogue.videos(positions)
    scores = model.score(known.profile, videos)[0]
    best = _best(scores, query.n)
    shown, score = positions[best], scores[best]
    chosen = videos.take(best)
    why = _why(model, catalogue, known, chosen, score) if query.explain else [()] * len(best)
    sources = model.sources(known.profile, chosen)
    ranked = tuple(
        Recommended(catalogue.id_of(int(at)), float(score[i]), catalogue.state(int(at)), sources[i], why[i])
        for i, at in enumerate(shown)
    )
    return Answer(ranked, fallback, len(positions))


def _why(
    model: HybridModel, catalogue: Catalogue, known: KnownViewer, chosen: Videos, score: Floats
) -> list[tuple[Reason, ...]]:
    return reasons(model.explain(known.profile, chosen), score, known.past, catalogue)


def _best(scores: Floats, n: int) -> Rows:
    """Positions of the n highest scores, NaN left out; of equal ones, at the cut too, the first."""
    usable = np.flatnonzero(np.isfinite(scores))
    if n < len(usable):
        least = np.partition(scores[usable], len(usable) - n)[len(usable) - n]
        usable = usable[scores[usable] >= least]
    return usable[np.argsort(-scores[usable], kind="stable")[:n]].astype(np.int32)
