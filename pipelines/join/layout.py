"""Taggings, laid out for the compiled passes."""

import numpy as np
from scipy import sparse

from pipelines.join.arrays import SAID, TAG, VIDEO, SettledTags, TagHistory
from pipelines.join.as_of import grouped
from recsys.schema import DAY_MS, NEVER, Times
from recsys.tags.taxonomy import Taxonomy
from recsys.tags.vectorizer import Evidence, TagConfig, inherited


def settled_since(given: Evidence, n_videos: int, as_of: int, config: TagConfig) -> Times:
    """(n_videos,) since when nothing was said of each video, or taken back; with a half-life, vectors never settle."""
    fading = np.isfinite(config.half_life_days)
    since = np.full(n_videos, NEVER if fading else np.iinfo(np.int64).min)
    if not fading:
        for moment in (given.known_at, given.withdrawn_at):
            changes = moment < as_of
            np.maximum.at(since, given.video[changes], moment[changes])
    return since


def settled_tags(vectors: sparse.csr_array, since: Times) -> SettledTags:
    """Lay out (n_videos, n_tags) vectors as known at the end."""
    videos, tags = np.empty(vectors.shape[0], VIDEO), np.empty(vectors.nnz, TAG)
    videos["since"], videos["start"], videos["stop"] = since, vectors.indptr[:-1], vectors.indptr[1:]
    tags["tag"], tags["value"] = vectors.indices, vectors.data
    return SettledTags(videos, tags)


def tag_history(given: Evidence, n_videos: int, taxonomy: Taxonomy, config: TagConfig) -> TagHistory:
    """Lay out taggings, with what ancestors get of them, as `TagVectorizer.vectors` counts them."""
    full = inherited(given, taxonomy, config.parent_share)
    _, by_tag = grouped(full.tag, len(taxonomy))
    indptr, by_video = grouped(full.video[by_tag], n_videos)
    order = by_tag[by_video]
    said = np.empty(len(order), SAID)
    for name in SAID.names or ():
        said[name] = getattr(full, name)[order]
    return TagHistory(indptr, said, config.half_life_days * DAY_MS)
