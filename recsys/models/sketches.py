"""Sketches: what retrieval reads in place of a bundle's vectors, to find in a millisecond what deserves exact scores.

Factors stand in them coarsely, a byte a number; tags exactly, by tag. A scan of bytes is exact enough to choose
candidates and, unlike a graph or an inverted file, has no recall to tune, no build to wait for, and takes any filter
(product quantisation's scalar case: Jégou, Douze and Schmid, TPAMI 2011).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.models.factors import FactorsModel
from recsys.schema import Floats

LEVELS = 127


@dataclass(frozen=True, eq=False)
class Sketches:
    """Of every video of a bundle."""

    codes: np.ndarray  # (n_videos, members · factors) int8, the vectors in steps
    steps: Floats  # (members · factors,) what one step of a code is worth
    by_tag: sparse.csr_array  # (n_tags, n_videos) float32 the tag vectors, turned


def sketch(factors: FactorsModel, tags: sparse.csr_array) -> Sketches:
    """Round a model's vectors and turn the tags.

    Args:
        factors: fitted.
        tags: (n_videos, n_tags) tag vectors.
    """
    vectors = np.nan_to_num(factors.video_factors)
    largest = np.abs(vectors).max(0, initial=0)
    steps = (np.where(largest > 0, largest, 1) / LEVELS).astype(np.float32)
    return Sketches(np.rint(vectors / steps).astype(np.int8), steps, turned(tags))


def turned(tags: sparse.csr_array) -> sparse.csr_array:
    """(n_tags, n_videos) the tag vectors by tag."""
    by_tag = sparse.csr_array(tags.T.tocsr())
    by_tag.sort_indices()
    return by_tag
