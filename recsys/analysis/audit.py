"""Everything there is to ask about the quality of tags, in one answer."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from recsys.analysis.ablation import Fit, Lift, compared, tag_lift
from recsys.analysis.audiences import tag_sketches, taste, video_sketches
from recsys.analysis.coverage import Coverage, coverage
from recsys.analysis.demand import Demand, demand
from recsys.analysis.expectation import Doubt, Suggestion, expectations, fit_expectation
from recsys.analysis.leakage import ALL, LEAST_VIEWERS, asked, early_tags, over_time
from recsys.analysis.redundancy import Twins, redundancy
from recsys.analysis.suspects import Suspect, other_tags, suspects
from recsys.analysis.tagged import Tagged
from recsys.errors import DataError
from recsys.evaluation.cold_splits import cold_videos
from recsys.evaluation.folds import Fold
from recsys.interactions import TrainingData
from recsys.tags.vectorizer import Evidence, TagVectorizer

TAGS_LIFTED = 40
"""The most used tags whose lift is measured."""


@dataclass(frozen=True)
class Audit:
    """What was found; lists have the most urgent first."""

    n_videos: int
    n_tags: int
    n_events: int
    coverage: list[Coverage]
    demand: list[Demand]
    redundancy: list[Twins]
    suspects: list[Suspect]
    missing: list[Suggestion]
    doubts: list[Doubt]
    leakage: list[Lift]
    """NDCG on hidden videos with all tags, with those known before the video's first event, with none."""
    over_time: list[Lift]
    """NDCG on videos that came after a moment with all tags, with those known at it, with none."""
    sources: list[Lift]
    """What each source adds on hidden videos: fitted anew without it."""
    tags: list[Lift]
    """What each of the most used tags adds on hidden videos, the largest lift first."""

    def figures(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def audit(
    data: TrainingData,
    tagged: Tagged,
    vectorizer: TagVectorizer,
    evidence: Evidence,
    names: Sequence[str],
    fit: Fit | None = None,
    most: int = 200,
    progress: Callable[[str], None] = lambda what: None,
) -> Audit:
    """Ask everything.

    Args:
        data: what training sees.
        tagged: the taggings in it, with their sources.
        vectorizer: made `data.tags`.
        evidence: what it made them of; row for row with `tagged`.
        names: (n_tags,) what people call the tags.
        fit: how to fit the model that says what tags add; nothing is measured so where it is None, or where fewer than
            30 viewers could be asked.
        most: findings of each kind.
        progress: told, in a line, what begins.
    """
    progress("coverage, supply and demand")
    told, wanted = coverage(tagged, data.events), demand(tagged, data.events)
    progress("redundancy and spam")
    videos = video_sketches(data.events)
    audiences, coherence, by_chance = tag_sketches(tagged.matrix, videos)
    twins = redundancy(tagged, names, audiences, most=most)
    spam = suspects(tagged, (coherence, by_chance), other_tags(tagged), most)
    progress("missing and doubtful tags")
    missing, doubts = expectations(tagged, fit_expectation(tagged, taste(videos)), most)
    found = Audit(
        len(tagged.videos), int((tagged.spread > 0).sum()), len(data.events), told, wanted, twins, spam, missing,
        doubts, [], [], [], [],
    )  # fmt: skip
    fold = None if fit is None else _fold(data)
    if fit is None or fold is None:
        return found
    progress("what is known before the first event")
    leakage = compared(fold, early_tags(data, vectorizer, evidence), fit)
    later = over_time(data, vectorizer, evidence, fit)
    progress("what each source adds")
    sources = compared(fold, by_source(data, tagged, vectorizer, evidence), fit)[1:] if len(tagged.sources) > 1 else []
    progress("what each tag adds")
    used = np.argsort(-np.bincount(data.tags.indices, minlength=data.tags.shape[1]), kind="stable")[:TAGS_LIFTED]
    single = tag_lift(fit(fold.train), fold, used.astype(np.int32), [tagged.tags[int(one)] for one in used])
    single.sort(key=lambda one: -one.lift)
    return replace(found, leakage=leakage, over_time=later, sources=sources, tags=single)


def by_source(
    data: TrainingData, tagged: Tagged, vectorizer: TagVectorizer, evidence: Evidence
) -> dict[str, sparse.csr_array]:
    """Tag vectors with all sources, then without each."""
    without = {
        name: vectorizer.vectors(evidence.where(tagged.source != at), len(tagged.videos), data.as_of)
        for at, name in enumerate(tagged.sources)
        if (tagged.source == at).any()
    }
    return {ALL: data.tags, **without}


def _fold(data: TrainingData) -> Fold | None:
    """A fifth of the videos hidden; None where too few viewers could be asked."""
    try:
        fold = cold_videos(data)
    except DataError:
        return None
    return fold.sampled(1_000) if asked(fold) >= LEAST_VIEWERS else None
