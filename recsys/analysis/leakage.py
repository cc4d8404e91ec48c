"""Tags that came too late to help anybody, and how much a test is fooled by them.

What viewers say of a video they say after watching it. A test that hides the watching and keeps the words is asked with
the answer in hand; so results are told apart by which tags were there in time.
"""

import numpy as np
from scipy import sparse

from recsys.analysis.ablation import Fit, Lift, compared
from recsys.errors import DataError
from recsys.evaluation.folds import Fold
from recsys.evaluation.splits import global_time
from recsys.interactions import TrainingData
from recsys.schema import NEVER
from recsys.tags.vectorizer import Evidence, TagVectorizer
from recsys.timeline import iso

ALL, EARLY, NONE = "all tags", "tags before the first event", "no tags"
LEAST_VIEWERS = 30
"""With fewer to ask, nothing is measured."""


def early_tags(data: TrainingData, vectorizer: TagVectorizer, evidence: Evidence) -> dict[str, sparse.csr_array]:
    """Tag vectors with all tags, with those known before each video's first event, and with none.

    Tags that were always known, and videos without events, keep everything in the second.
    """
    first = np.full(len(data.published), NEVER)
    np.minimum.at(first, data.events.video, data.events.time)
    known = (evidence.known_at == NEVER) | (evidence.known_at < first[evidence.video])
    early = vectorizer.vectors(evidence.where(known), len(first), data.as_of)
    return {ALL: data.tags, EARLY: early, NONE: _nothing(data)}


def over_time(
    data: TrainingData, vectorizer: TagVectorizer, evidence: Evidence, fit: Fit, cutoff: int | None = None
) -> list[Lift]:
    """NDCG@10 on videos that come after a moment, with all tags, with those known at it, and with none.

    Args:
        data: everything known.
        vectorizer: made its tags.
        evidence: what it made them of.
        fit: how to fit.
        cutoff: the moment in ms; by default that by which half of the tags with a time were known.

    Returns:
        The three; none where no tag has a time, or fewer than 30 viewers liked videos that came later.
    """
    timed = evidence.known_at[evidence.known_at != NEVER]
    if cutoff is None and not len(timed):
        return []
    moment = int(np.median(timed)) if cutoff is None else cutoff
    n = len(data.published)
    fold = _later(data, moment, vectorizer.vectors(evidence, n, moment))
    if fold is None:
        return []
    variants = {ALL: data.tags, f"tags known at {iso(moment)[:10]}": fold.train.tags, NONE: _nothing(data)}
    return compared(fold, variants, fit)


def _later(data: TrainingData, moment: int, tags: sparse.csr_array) -> Fold | None:
    """Everything from a moment on held out; None where too few viewers or nothing before would be left."""
    if not len(data.events) or not data.events.time[0] < moment <= data.events.time[-1]:
        return None
    try:
        fold = global_time(data, cutoff=moment, tags_at=lambda _: tags)
    except DataError:
        return None
    return fold if asked(fold) >= LEAST_VIEWERS else None


def asked(fold: Fold) -> int:
    """How many viewers have a cold video to find."""
    return next(int(part.viewers_tested.sum()) for part in fold.slices if part.name == "cold")


def _nothing(data: TrainingData) -> sparse.csr_array:
    return sparse.csr_array(data.tags.shape, dtype=np.float32)
