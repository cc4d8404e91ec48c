"""Taggings, laid out for the compiled passes."""

import numpy as np
from scipy import sparse

from pipelines.join.arrays import SAID, TAG, VIDEO, SettledTags, TagHistory
from pipelines.join.as_of import grouped
from recsys.schema import DAY_MS, NEVER
from recsys.tags.vectorizer import Evidence, TagVectorizer, inherited


def tag_history(given: Evidence, n_videos: int, vectorizer: TagVectorizer) -> TagHistory:
    """Lay out taggings, with what ancestors get of them, as `TagVectorizer.vectors` counts them."""
    full = inherited(given, vectorizer.taxonomy, vectorizer.config.parent_share)
    _, by_tag = grouped(full.tag, len(vectorizer.taxonomy))
    indptr, by_video = grouped(full.video[by_tag], n_videos)
    order = by_tag[by_video]
    said = np.empty(len(order), SAID)
    for name in said.dtype.names or ():
        said[name] = getattr(full, name)[order]
    return TagHistory(indptr, said, vectorizer.idf, vectorizer.config.half_life_days * DAY_MS)


def settled_tags(tags: sparse.csr_array, given: Evidence, as_of: int, vectorizer: TagVectorizer) -> SettledTags:
    """Find since when nothing was said of each video, or taken back.

    Args:
        tags: (n_videos, n_tags) vectors as known at `as_of`.
        given: the taggings behind them.
        as_of: ms.
        vectorizer: with a finite half-life, vectors never settle.
    """
    fading = np.isfinite(vectorizer.config.half_life_days)
    since = np.full(tags.shape[0], NEVER if fading else np.iinfo(np.int64).min)
    if not fading:
        for moment in (given.known_at, given.withdrawn_at):
            changes = moment < as_of
            np.maximum.at(since, given.video[changes], moment[changes])
    videos, vectors = np.empty(tags.shape[0], VIDEO), np.empty(tags.nnz, TAG)
    videos["since"], videos["start"], videos["stop"] = since, tags.indptr[:-1], tags.indptr[1:]
    vectors["tag"], vectors["value"] = tags.indices, tags.data
    return SettledTags(videos, vectors)
