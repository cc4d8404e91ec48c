"""Candidates: which videos are worth exact scores."""

import numpy as np

from recsys.models.hybrid import HybridModel
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.viewer import KnownViewer
from recsys.schema import Mask, Rows

EXACT = 30_000
"""Up to this many allowed videos all are scored: no index is faster."""
PER_CORE = 500


def candidates(model: HybridModel, catalogue: Catalogue, known: KnownViewer, allowed: Mask) -> Rows:
    """Positions to score: all that are allowed, or in a large catalogue the best of each core.

    Args:
        model: its cores each name their best.
        catalogue: what there is.
        known: who asks.
        allowed: (len(catalogue),) what filters let through; nothing else is returned.
    """
    open_positions = np.flatnonzero(allowed).astype(np.int32)
    if len(open_positions) <= EXACT:
        return open_positions
    chosen = [_best(scores, PER_CORE) for scores in model.core_scores(known.profile, catalogue.videos(open_positions))]
    return open_positions[np.unique(np.concatenate(chosen))]


def _best(scores: np.ndarray, n: int) -> Rows:
    """Indices of the n highest scores that are numbers, in no order."""
    usable = np.flatnonzero(np.isfinite(scores))
    if len(usable) <= n:
        return usable.astype(np.int32)
    return usable[np.argpartition(-scores[usable], n)[:n]].astype(np.int32)
