"""Candidates: which videos are worth exact scores."""

import numpy as np

from recsys.bundle import Contents
from recsys.interactions import Profiles
from recsys.models.hybrid import HybridModel
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.scan import highest
from recsys.ranking.viewer import KnownViewer
from recsys.schema import Mask, Rows

EXACT = 2_000
"""Up to this many allowed videos all are scored."""
DEPTH = 1_000
"""How many the sketches choose in a larger catalogue."""
TAGS = 10
"""How many tags, those that count most with the viewer, name the videos in which they are strongest."""


def candidates(contents: Contents, model: HybridModel, catalogue: Catalogue, known: KnownViewer, allowed: Mask) -> Rows:
    """Positions to score, in order: all that are allowed, or in a large catalogue those that may rank high.

    Args:
        contents: the bundle's, with its sketches.
        model: the bundle's, perhaps with a core silent.
        catalogue: what there is.
        known: who asks.
        allowed: (len(catalogue),) what filters let through; nothing else is returned.
    """
    if np.count_nonzero(allowed) <= EXACT:
        return np.flatnonzero(allowed).astype(np.int32)
    n = len(catalogue.ids)
    fresh = np.flatnonzero(allowed[n:]).astype(np.int32) + np.int32(n)
    if len(fresh) > EXACT:
        fresh = _best_fresh(model, catalogue, known, fresh)
    old = np.union1d(
        _scanned(contents, model, known.profile, allowed[:n]), _tagged(contents, model, known.profile, allowed[:n])
    )
    return np.concatenate([old, fresh]).astype(np.int32)


def _scanned(contents: Contents, model: HybridModel, profile: Profiles, allowed: Mask) -> Rows:
    """The best by a coarse form of the whole score; tag profiles alone are left out of it."""
    sketches = contents.sketches
    item_item, sequence, factors, _, popularity = model.regimes(profile)
    more = np.zeros(len(allowed), np.float32)
    for core, weight in ((model.item_item, item_item[1]), (model.sequence, sequence[1])):
        if weight and len(core.covered):
            more[core.covered] += weight * core.covered_scores(profile)
    vector = np.nan_to_num(model.factors.viewer_vectors(profile, members=1)[0]) * sketches.steps
    weights = np.stack([factors, popularity])
    return highest(sketches.codes, vector, weights, contents.popularity, more, contents.known, allowed, DEPTH)


def _tagged(contents: Contents, model: HybridModel, profile: Profiles, allowed: Mask) -> Rows:
    """Videos in which the tags that count most with the viewer are strongest."""
    tastes = model.content.profile(profile)
    of_tag = contents.sketches.of_tag
    tags, values = tastes.indices, tastes.data
    liked = (values > 0) & (tags < len(of_tag))
    best = tags[liked][np.argsort(-values[liked], kind="stable")[:TAGS]]
    rows = of_tag[best].ravel()
    rows = rows[rows >= 0]
    return rows[allowed[rows]]


def _best_fresh(model: HybridModel, catalogue: Catalogue, known: KnownViewer, fresh: Rows) -> Rows:
    """The best of each core among many videos that changed since the bundle was trained."""
    chosen = [_best(scores, DEPTH) for scores in model.core_scores(known.profile, catalogue.videos(fresh))]
    return fresh[np.unique(np.concatenate(chosen))]


def _best(scores: np.ndarray, n: int) -> Rows:
    """Indices of the n highest scores that are numbers, in no order."""
    usable = np.flatnonzero(np.isfinite(scores))
    if len(usable) <= n:
        return usable.astype(np.int32)
    return usable[np.argpartition(-scores[usable], n)[:n]].astype(np.int32)
