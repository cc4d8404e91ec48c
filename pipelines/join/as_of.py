"""The two passes over events in time order that give each event what was known strictly before it.

Events of equal time never see each other. Nothing is recomputed as time goes by: a state keeps the moment it was last
touched and decays when it is touched again, so a pass costs O(events · tags of a video).
"""

from typing import NamedTuple

import numpy as np

from pipelines.join.compiled import compiled
from pipelines.join.known_tags import known_tags
from pipelines.join.tag_sums import added, cleared, strongest, tag_sums, weakened
from recsys.schema import Floats, Rows, Times

FAR = 500.0
"""Half-lives after which a profile is rescaled; sums that were grown 2^500-fold still fit float64."""


class Events(NamedTuple):
    """Events in time order, and the order in which each viewer's stand together."""

    viewer: Rows  # (n_events,)
    video: Rows  # (n_events,)
    weight: Floats  # (n_events,)
    time: Times  # (n_events,)
    indptr: np.ndarray  # (n_viewers + 1,) int64 into `order`
    order: np.ndarray  # (n_events,) int64 positions, by viewer and within one by time


@compiled
def before_on_videos(events, n_videos, half_life_ms, seen, popularity):  # type: ignore[no-untyped-def]
    """What each event's video had had strictly before it.

    Args:
        events: `Events`.
        n_videos: size of the catalogue.
        half_life_ms: of popularity; may be inf.
        seen: (n_events,) float32, gets the number of earlier events.
        popularity: (n_events,) float32, gets the decayed number of earlier events of positive weight.
    """
    n_before, n_all = np.zeros(n_videos), np.zeros(n_videos)
    liked_before, liked_all = np.zeros(n_videos), np.zeros(n_videos)
    last = np.zeros(n_videos, np.int64)
    for i in range(len(events.time)):
        j, now = events.video[i], events.time[i]
        if n_all[j] == 0 or now > last[j]:
            liked_all[j] *= 2.0 ** (-(now - last[j]) / half_life_ms) if n_all[j] else 0.0
            n_before[j], liked_before[j], last[j] = n_all[j], liked_all[j], now
        seen[i], popularity[i] = n_before[j], liked_before[j]
        n_all[j] += 1
        if events.weight[i] > 0:
            liked_all[j] += 1


@compiled
def before_of_viewers(events, history, vectors, as_of, half_life_ms, cap, first, last, seen, match, tags, weights):  # type: ignore[no-untyped-def]
    """What viewers `first` to `last - 1` had had strictly before each of their events, and their profiles at the end.

    Args:
        events: `Events`.
        history: `TagHistory`.
        vectors: indptr, indices, data of the (n_videos, n_tags) tag vectors as known at `as_of`.
        as_of: ms.
        half_life_ms: of profiles; may be inf.
        cap: see `JoinConfig.cap`.
        first: viewer.
        last: one behind the last viewer.
        seen: (n_events,) float32, gets the number of the viewer's earlier events.
        match: (n_events,) float32, gets the profile before the event times the video's tags as known before it.
        tags: (n_viewers, top) int32, gets each viewer's strongest tags at `as_of`, increasing; -1 behind the last.
        weights: (n_viewers, top) float32, gets their weights.
    """
    n_videos = len(history.indptr) - 1
    so_far, at_end = tag_sums(len(history.idf)), tag_sums(len(history.idf))
    on_video = np.zeros(n_videos)
    room = max(np.max(np.diff(history.indptr)), 1) if n_videos else 1
    known, value = np.empty(room, np.int32), np.empty(room)
    for viewer in range(first, last):
        start, end = events.indptr[viewer], events.indptr[viewer + 1]
        origin = events.time[events.order[start]] if start < end else 0
        at = start
        while at < end:
            now = events.time[events.order[at]]
            stop = at + 1
            while stop < end and events.time[events.order[stop]] == now:
                stop += 1
            if (now - origin) / half_life_ms > FAR:
                weakened(so_far, 2.0 ** (-(now - origin) / half_life_ms))
                origin = now
            grown = 2.0 ** ((now - origin) / half_life_ms)  # sums hold weights as of `origin`
            left = 2.0 ** (-(as_of - now) / half_life_ms)
            n = 0
            for k in range(at, stop):
                i = events.order[k]
                n = known_tags(history, events.video[i], now, known, value)
                dot = 0.0
                for m in range(n):
                    dot += so_far.sums[known[m]] * value[m]
                match[i], seen[i] = dot / grown, at - start
            for k in range(at, stop):
                i = events.order[k]
                j = events.video[i]
                step = min(max(on_video[j] + events.weight[i], -cap), cap) - min(max(on_video[j], -cap), cap)
                on_video[j] += events.weight[i]
                if step == 0.0:
                    continue
                if stop - at > 1:
                    n = known_tags(history, j, now, known, value)
                for m in range(n):
                    added(so_far, known[m], step * grown * value[m])
                for p in range(vectors[0][j], vectors[0][j + 1]):
                    added(at_end, vectors[1][p], step * left * vectors[2][p])
            at = stop
        for k in range(start, end):
            on_video[events.video[events.order[k]]] = 0.0
        strongest(at_end, tags[viewer], weights[viewer])
        cleared(so_far)
        cleared(at_end)
