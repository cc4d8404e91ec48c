"""Sketches: coarse copies of the factors, a byte a number, to find in a millisecond which videos deserve exact scores.

A scan of bytes is exact enough to choose candidates and, unlike a graph or an inverted file, has no recall to tune, no
build to wait for, and takes any filter (product quantisation's scalar case: Jégou, Douze and Schmid, TPAMI 2011).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.models.factors import FactorsModel
from recsys.schema import Floats, Rows

PER_TAG = 100
"""How many videos stand for a tag: those of which it says most."""
LEVELS = 127


@dataclass(frozen=True, eq=False)
class Sketches:
    """What retrieval reads in place of a bundle's vectors."""

    codes: np.ndarray  # (n_videos, factors) int8, the first factorisation's vectors in steps
    steps: Floats  # (factors,) what one step of a code is worth
    of_tag: Rows  # (n_tags, PER_TAG) rows of videos, the tag's strongest first; -1 pads


def sketch(factors: FactorsModel, tags: sparse.csr_array) -> Sketches:
    """Round a model's vectors and choose each tag's videos.

    Args:
        factors: fitted; one of several factorisations is enough to tell what may rank high.
        tags: (n_videos, n_tags) tag vectors.
    """
    vectors = np.nan_to_num(factors.video_factors[:, : factors.grams.shape[-1]])
    largest = np.abs(vectors).max(0, initial=0)
    steps = (np.where(largest > 0, largest, 1) / LEVELS).astype(np.float32)
    codes = np.rint(vectors / steps).astype(np.int8)
    return Sketches(codes, steps, _strongest(tags))


def _strongest(tags: sparse.csr_array) -> Rows:
    """(n_tags, PER_TAG) rows of the videos in which each tag weighs most; of equal ones the first."""
    by_tag = sparse.csc_array(tags)
    found = np.full((tags.shape[1], PER_TAG), -1, np.int32)
    column = np.repeat(np.arange(tags.shape[1]), np.diff(by_tag.indptr))
    order = np.lexsort((by_tag.indices, -by_tag.data, column))
    place = np.arange(len(order)) - by_tag.indptr[:-1][column]
    kept = place < PER_TAG
    found[column[kept], place[kept]] = by_tag.indices[order][kept]
    return found
