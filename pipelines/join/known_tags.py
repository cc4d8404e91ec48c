"""A video's tag vector as known strictly before a moment, worked out event by event."""

from typing import NamedTuple

import numpy as np

from pipelines.join.compiled import compiled, grouped
from recsys.schema import DAY_MS, NEVER, Floats, Rows, Times
from recsys.tags.vectorizer import Evidence, TagVectorizer, inherited

CERTAIN = 1.0 - 1e-6
"""The most that one tagging is believed, as in `recsys.tags.vectorizer`."""


class TagHistory(NamedTuple):
    """What was ever said of each video, when it became known and when it was withdrawn.

    Video j owns positions `indptr[j]:indptr[j + 1]`; equal tags stand side by side. A plain tuple of arrays, which
    the compiled passes take as it is.
    """

    indptr: np.ndarray  # (n_videos + 1,) int64
    tag: Rows  # (n,)
    trust: Floats  # (n,) 0 to 1
    known_at: Times  # (n,) ms, NEVER where always known
    withdrawn_at: Times  # (n,) ms, NEVER where standing
    idf: Floats  # (n_tags,)
    half_life_ms: float


def tag_history(given: Evidence, n_videos: int, vectorizer: TagVectorizer) -> TagHistory:
    """Lay out taggings, with what ancestors get of them, as `TagVectorizer.vectors` counts them."""
    full = inherited(given, vectorizer.taxonomy, vectorizer.config.parent_share)
    _, by_tag = grouped(full.tag, len(vectorizer.taxonomy))
    indptr, by_video = grouped(full.video[by_tag], n_videos)
    order = by_tag[by_video]
    columns = (full.tag[order], full.trust[order], full.known_at[order], full.withdrawn_at[order])
    return TagHistory(indptr, *columns, vectorizer.idf, vectorizer.config.half_life_days * DAY_MS)


@compiled
def known_tags(history, j, now, tags, values):  # type: ignore[no-untyped-def]
    """Video j's tag vector as known strictly before a moment, of length 1.

    Args:
        history: `TagHistory`.
        j: the video.
        now: ms.
        tags: (room,) int32, gets the tags.
        values: (room,) float64, gets their values.

    Returns:
        How many tags there are.
    """
    n, squares, fading = 0, 0.0, np.isfinite(history.half_life_ms)
    at, end = history.indptr[j], history.indptr[j + 1]
    while at < end:
        tag, doubt = history.tag[at], 1.0
        while at < end and history.tag[at] == tag:
            known_at = history.known_at[at]
            if (known_at < now or known_at == NEVER) and history.withdrawn_at[at] >= now:
                trust = float(history.trust[at])
                if fading and known_at != NEVER:
                    trust *= 2.0 ** (-(now - known_at) / history.half_life_ms)
                doubt *= 1.0 - min(trust, CERTAIN)
            at += 1
        value = (1.0 - doubt) * history.idf[tag]
        if value != 0.0:
            tags[n], values[n] = tag, value
            squares += value * value
            n += 1
    length = np.sqrt(squares)
    for k in range(n):
        values[k] /= length
    return n
