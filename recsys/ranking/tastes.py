"""What a viewer's past and words say of tags: the profile of the tag core, each tag with the videos that made it."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.models.content import ContentModel
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.recommender import Shortlist
from recsys.ranking.viewer import KnownViewer

EVIDENCE = 3
"""Videos that are named of each tag."""
LISTED = 50
"""How much of a viewer's list tells what they would like."""


@dataclass(frozen=True)
class Taste:
    """What is held of a viewer and a tag."""

    tag_id: str
    weight: float
    """Signed; the squares of all tags together stay below 1."""
    stated: float
    """The part of it that the viewer stated; the rest comes of their past."""
    videos: tuple[tuple[str, float], ...]
    """The past videos that say most of it, and how much."""


@dataclass(frozen=True)
class TagPick:
    """A tag that a viewer may want to state."""

    tag_id: str
    lift: float
    """How much more of it there is in the viewer's list than in the whole catalogue."""
    is_new: bool
    """Whether nothing in their past has it."""
    videos: tuple[str, ...]
    """The best of their list that have it."""


def tastes(content: ContentModel, catalogue: Catalogue, known: KnownViewer, n: int = 30) -> list[Taste]:
    """The n tags that count most with a viewer, for or against, the strongest first."""
    profile = content.profile(known.profile)
    length = content.scale(known.profile)
    stated = (known.profile.tags * np.float32(content.config.stated * length)).toarray()[0]
    past = sparse.csc_array(content.past(known.profile) * np.float32(length))  # (n_past, n_tags)
    order = np.argsort(-np.abs(profile.data), kind="stable")[:n]
    return [
        Taste(
            catalogue.vectorizer.ids[int(profile.indices[one])],
            float(profile.data[one]),
            float(stated[profile.indices[one]]),
            _evidence(past, int(profile.indices[one]), catalogue, known),
        )
        for one in order
    ]


def tag_picks(
    content: ContentModel, catalogue: Catalogue, listed: Shortlist, n: int = 20, without: frozenset[str] = frozenset()
) -> list[TagPick]:
    """The n tags that mark a viewer's list off from the catalogue, the strongest first.

    Args:
        content: the bundle's tag core.
        catalogue: as of now.
        listed: the viewer's shortlist.
        n: how many.
        without: tags that are left out, such as those stated already.
    """
    tags = catalogue.videos(listed.positions[:LISTED]).tags
    if not tags.nnz:
        return []
    here, everywhere = np.asarray(tags.mean(0)).ravel(), catalogue.tag_shares
    lift = here - np.pad(everywhere, (0, len(here) - len(everywhere)))
    taste = content.profile(listed.known.profile).toarray()[0]
    columns = sparse.csc_array(tags)
    found: list[TagPick] = []
    for tag in np.argsort(-lift, kind="stable").tolist():
        if lift[tag] <= 0 or len(found) == n:
            break
        tag_id = catalogue.vectorizer.ids[tag]
        if tag_id not in without:
            rows = np.sort(columns.indices[columns.indptr[tag] : columns.indptr[tag + 1]])[:EVIDENCE]
            videos = tuple(catalogue.id_of(int(listed.positions[row])) for row in rows)
            found.append(TagPick(tag_id, float(lift[tag]), bool(taste[tag] == 0), videos))
    return found


def _evidence(
    past: sparse.csc_array, tag: int, catalogue: Catalogue, known: KnownViewer
) -> tuple[tuple[str, float], ...]:
    span = slice(past.indptr[tag], past.indptr[tag + 1])
    rows, values = past.indices[span], past.data[span]
    best = np.argsort(-np.abs(values), kind="stable")[:EVIDENCE]
    return tuple((catalogue.id_of(int(known.past[rows[one]])), float(values[one])) for one in best)
