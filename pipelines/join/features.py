"""The features of each event as of that event, and each viewer's tag profile at the end."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from pipelines.join.arrays import Events, SettledTags, TagHistory
from pipelines.join.as_of import before_of_viewers, before_on_videos, packed
from pipelines.join.config import JoinConfig
from recsys.interactions import TrainingData
from recsys.schema import DAY_MS, Floats, Rows

PIECES_PER_THREAD = 4
Strongest = tuple[Floats, Rows, np.ndarray]
"""Weights and tags of some viewers' strongest tags, row by row, and (n,) how many each row has."""


@dataclass(frozen=True, eq=False)
class AsOf:
    """What was known strictly before each event. All (n_events,) float32."""

    viewer_events_before: Floats  # how many events the viewer had had
    video_events_before: Floats  # how many events the video had had
    popularity_before: Floats  # how many of them of positive weight, decayed
    match_before: (
        Floats  # the viewer's decayed tag profile times the video's tag vector; any sign, 0 if either is empty
    )


def as_of_features(
    data: TrainingData, history: TagHistory, idf: Floats, settled: SettledTags, config: JoinConfig
) -> tuple[AsOf, sparse.csr_array]:
    """Run both passes.

    Args:
        data: the events.
        history: taggings with their times.
        idf: (n_tags,) what each tag weighs.
        settled: tag vectors as known at `data.as_of`.
        config: half-lives, cap, how many tags to keep.

    Returns:
        The features, and (n_viewers, n_tags) profiles as of `data.as_of`, at most `config.top_tags` a row.
    """
    n_viewers, n_videos = len(data.events.viewers), len(data.events.videos)
    events = tuple(Events(data.events.viewer, data.events.video, data.events.weight, data.events.time))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(data.events.viewer, minlength=n_viewers))])
    out = AsOf(*np.zeros((4, len(data.events)), np.float32))
    half_life_ms = config.profile_half_life_days * DAY_MS
    known = (indptr, tuple(history), idf, tuple(settled), data.as_of, half_life_ms, config.cap)

    def of_all_videos() -> None:
        half_life = config.popularity_half_life_days * DAY_MS
        before_on_videos(events, n_videos, half_life, out.video_events_before, out.popularity_before)

    def of_some_viewers(first: int, last: int) -> Strongest:
        top = np.empty((last - first, config.top_tags), np.int32), np.empty((last - first, config.top_tags), np.float32)
        before_of_viewers(events, *known, first, last, out.viewer_events_before, out.match_before, *top)
        counts = packed(*top)
        return top[1].ravel()[: counts.sum()], top[0].ravel()[: counts.sum()], counts

    with ThreadPoolExecutor(config.threads) as pool:
        bounds = _bounds(indptr, config.threads * PIECES_PER_THREAD)
        whole = pool.submit(of_all_videos)
        pieces = [pool.submit(of_some_viewers, int(first), int(last)) for first, last in pairwise(bounds)]
        whole.result()
        return out, _stacked([one.result() for one in pieces], data.tags.shape[1])


def _bounds(indptr: np.ndarray, n_pieces: int) -> np.ndarray:
    """Viewers at which to cut, so that each piece has about as many events."""
    wanted = np.linspace(0, indptr[-1], n_pieces + 1)
    return np.unique([0, *np.searchsorted(indptr, wanted[1:-1]), len(indptr) - 1])


def _stacked(pieces: list[Strongest], n_tags: int) -> sparse.csr_array:
    """(n_viewers, n_tags) out of the pieces' rows."""
    nobody = (np.empty(0, np.float32), np.empty(0, np.int32), np.empty(0, np.int64))
    weights, tags, counts = (np.concatenate(parts) for parts in zip(nobody, *pieces, strict=True))
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32 if len(tags) < 2**31 else np.int64)
    return sparse.csr_array((weights, tags, indptr), shape=(len(counts), n_tags))
