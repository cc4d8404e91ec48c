"""Why one video is shown to a viewer, or what keeps it from them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys.bundle import Contents
from recsys.errors import require
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.filter_language import tagged
from recsys.ranking.filters import matching, turned_down
from recsys.ranking.recommender import Query, Recommended, answered, shortlist
from recsys.ranking.rules import Place
from recsys.ranking.viewer import KnownViewer, Viewer, known_viewer
from recsys.schema import NEVER

Removal = Literal[
    "deleted", "not-yet-available", "no-longer-available", "excluded", "seen", "muted", "filter", "unscored", "below"
]


@dataclass(frozen=True)
class Why:
    """How a video stands with a viewer."""

    video: Recommended
    """Its score and reasons, whether it is shown or not; the score is 0 where no core can tell."""
    place: int | None
    """In the viewer's list, from 1; None where it is not in it."""
    removed_by: Removal | None
    detail: str | None
    """The clause, the tag or the number that did it, in words."""


def why(contents: Contents, catalogue: Catalogue, viewer: Viewer, query: Query, video_id: str) -> Why:
    """Say of a video what a query's list says only of those in it.

    Args:
        contents: the bundle's.
        catalogue: as of now.
        viewer: who asks.
        query: what is asked; its rules are left aside.
        video_id: which video.

    Raises:
        DataError: the video is unknown.
    """
    position = catalogue.position(video_id)
    require(position >= 0, f"video {video_id!r} is unknown; put it first")
    known = known_viewer(viewer, catalogue, query.now)
    listed = shortlist(contents, catalogue, known, query)
    found = answered(contents.model, catalogue, listed, [Place(position, -1)], explain=True).videos[0]
    removed = _removal(catalogue, known, query, position)
    if removed is not None:
        return Why(found, None, *removed)
    at = np.flatnonzero(listed.positions == position)
    if len(at):
        return Why(found, int(at[0]) + 1, None, None)
    score = contents.model.score_of(known.profile, catalogue.videos(np.array([position], np.int32)))[0][0]
    if np.isnan(score):
        return Why(found, None, "unscored", "it has neither tags nor behaviour that a model could go by")
    lowest = f"{len(listed.positions)} videos rank higher, the last of them with {float(listed.scores[-1]):.3f}"
    return Why(found, None, "below", lowest)


def _removal(
    catalogue: Catalogue, known: KnownViewer, query: Query, position: int
) -> tuple[Removal, str | None] | None:
    """What keeps a video out of a list before any score is looked at."""
    changed = position - len(catalogue.ids)
    if changed >= 0 and catalogue.changes[changed].deleted:
        return "deleted", None
    start, end = catalogue.window(position)
    if start != NEVER and start > query.now:
        return "not-yet-available", None
    if end <= query.now:
        return "no-longer-available", None
    if catalogue.id_of(position) in query.exclude:
        return "excluded", None
    if position in known.seen and not query.include_seen:
        return "seen", None
    muted = next((one for one in query.muted if matching(catalogue, tagged(one), query.now)[position]), None)
    if muted is not None:
        return "muted", muted
    clause = turned_down(catalogue, query.filter, position, query.now) if query.filter is not None else None
    return None if clause is None else ("filter", clause)
