"""Candidates: which videos are worth exact scores."""

import numpy as np
from scipy import sparse

from recsys.bundle import Contents
from recsys.interactions import Profiles
from recsys.models.hybrid import HybridModel
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.scan import add_tags, highest
from recsys.ranking.viewer import KnownViewer
from recsys.schema import Floats, Mask, Rows

EXACT = 2_000
"""Up to this many allowed videos all are scored."""
DEPTH = 600
"""How many the sketches choose in a larger catalogue."""
TAGS = 100
"""How many of a viewer's tags count in the choice."""


def candidates(contents: Contents, catalogue: Catalogue, known: KnownViewer, allowed: Mask) -> Rows:
    """Positions to score, in order: all that are allowed, or in a large catalogue those that may rank high.

    Args:
        contents: the bundle's, with its sketches.
        catalogue: what there is.
        known: who asks.
        allowed: (len(catalogue),) what filters let through; nothing else is returned.
    """
    if np.count_nonzero(allowed) <= EXACT:
        return np.flatnonzero(allowed).astype(np.int32)
    n = len(catalogue.ids)
    fresh = np.flatnonzero(allowed[n:]).astype(np.int32) + np.int32(n)
    if len(fresh) > EXACT:
        fresh = _best_fresh(contents.model, catalogue, known, fresh)
    old = np.sort(_scanned(contents, known.profile, allowed[:n]))
    return np.concatenate([old, fresh]).astype(np.int32)


def _scanned(contents: Contents, profile: Profiles, allowed: Mask) -> Rows:
    """The best by a coarse form of the whole score."""
    model, sketches, known = contents.model, contents.sketches, contents.known
    item_item, sequence, factors, content, popularity = model.regimes(profile)
    more = np.zeros(len(allowed), np.float32)
    for core, weight in ((model.item_item, item_item[1]), (model.sequence, sequence[1])):
        if weight and len(core.covered):
            more[core.covered] += weight * core.covered_scores(profile)
    tags, tastes = _strongest(model.content.profile(profile), sketches.by_tag.shape[0])
    by_tag = sketches.by_tag
    add_tags(more, by_tag.indptr, by_tag.indices, by_tag.data, tags, tastes[:, None] * content, known)
    vector = np.nan_to_num(model.factors.viewer_vectors(profile)[0]) * sketches.steps
    weights = np.stack([factors / len(model.factors.grams), popularity])
    return highest(sketches.codes, vector, weights, contents.popularity, more, known, allowed, DEPTH)


def _strongest(tastes: sparse.csr_array, n_tags: int) -> tuple[Rows, Floats]:
    """The tags that count most with a viewer, and how much: the others would cost more time than they tell."""
    here = tastes.indices < n_tags
    tags, values = tastes.indices[here], tastes.data[here]
    best = np.argsort(-np.abs(values), kind="stable")[:TAGS]
    return tags[best].astype(np.int32), values[best].astype(np.float32)


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
