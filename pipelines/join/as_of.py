"""The two passes over events in time order that give each event what was known strictly before it.

Events of equal time never see each other. Nothing is recomputed as time goes by: a state keeps the moment it was last
touched and decays when it is touched again, so a pass costs O(events · tags of a video).

All that is compiled stands in this one file: the machine code is kept on disk, and only a change of the file that
starts a pass makes it anew.
"""

import numba
import numpy as np

from pipelines.join.arrays import TagSums, VideoTags
from recsys.schema import NEVER

CERTAIN = 1.0 - 1e-6
"""The most that one tagging is believed, as in `recsys.tags.vectorizer`."""
FAR = 500.0
"""Half-lives after which a profile is rescaled; sums that were grown 2^500-fold still fit float64."""
GONE = 1e-100
"""A sum below this in size counts as faded out."""
ROUNDING = 1e-12
"""A sum this much smaller than the largest is what rounding left of parts that cancel out."""

compiled = numba.njit(nogil=True, cache=True)


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
def before_of_viewers(events, history, settled, as_of, half_life_ms, cap, first, last, seen, match, tags, weights):  # type: ignore[no-untyped-def]
    """What viewers `first` to `last - 1` had had strictly before each of their events, and their profiles at the end.

    As in `Interactions.pairs`, a viewer's events on one video count together, with their sum held within ±cap, at the
    time of the last. In the profile before an event a video has the tags that were known when it was last met; in the
    one at the end, those known at the end.

    Args:
        events: `ViewerEvents`.
        history: `TagHistory`.
        settled: `SettledTags`.
        as_of: the end, ms.
        half_life_ms: of profiles; may be inf.
        cap: see `JoinConfig.cap`.
        first: viewer.
        last: one behind the last viewer.
        seen: (n_events,) float32, gets the number of the viewer's earlier events.
        match: (n_events,) float32, gets the profile before the event times the video's tags as known before it.
        tags: (n_viewers, top) int32, gets each viewer's strongest tags at `as_of`, increasing; -1 behind the last.
        weights: (n_viewers, top) float32, gets their weights.
    """
    profile, videos = tag_sums(len(history.idf)), VideoTags(history, settled, *room_for_tags(history.indptr))
    n_videos = len(settled.since)
    on_video, last_on = np.zeros(n_videos), np.full(n_videos, NEVER)  # one viewer's weight on a video, latest time
    for viewer in range(first, last):
        start, end = events.indptr[viewer], events.indptr[viewer + 1]
        origin = events.time[start] if start < end else as_of  # the profile holds weights as of it
        at = start
        while at < end:
            now = events.time[at]
            stop = at + 1
            while stop < end and events.time[stop] == now:
                stop += 1
            if (now - origin) / half_life_ms > FAR:
                weakened(profile, 2.0 ** (-(now - origin) / half_life_ms))
                origin = now
            grown = 2.0 ** ((now - origin) / half_life_ms)
            for k in range(at, stop):
                match[k], seen[k] = matched(profile, videos, events.video[k], now) / grown, at - start
            for k in range(at, stop):
                j = events.video[k]
                if last_on[j] != NEVER:
                    then = 2.0 ** ((last_on[j] - origin) / half_life_ms)
                    added(profile, videos, j, last_on[j], -held(on_video[j], cap) * then)
                on_video[j] += events.weight[k]
                last_on[j] = now
                added(profile, videos, j, now, held(on_video[j], cap) * grown)
            at = stop
        weakened(profile, 2.0 ** (-(as_of - origin) / half_life_ms))
        for k in range(start, end):
            j = events.video[k]
            if last_on[j] != NEVER and last_on[j] <= settled.since[j]:  # its tags at the end are others than then
                left = held(on_video[j], cap) * 2.0 ** (-(as_of - last_on[j]) / half_life_ms)
                added(profile, videos, j, last_on[j], -left)
                added(profile, videos, j, as_of, left)
            on_video[j], last_on[j] = 0.0, NEVER
        strongest(profile, tags[viewer], weights[viewer])
        cleared(profile)


@compiled
def room_for_tags(indptr):  # type: ignore[no-untyped-def]
    """Arrays of tags and values, as long as the largest group."""
    most = 1
    for k in range(len(indptr) - 1):
        most = max(most, indptr[k + 1] - indptr[k])
    return np.empty(most, np.int32), np.empty(most)


@compiled
def matched(sums, videos, j, now):  # type: ignore[no-untyped-def]
    """Video j's tags as known strictly before a moment, times the sums."""
    if now > videos.settled.since[j]:
        start, stop = videos.settled.indptr[j], videos.settled.indptr[j + 1]
        return dot(sums, videos.settled.tag, videos.settled.value, start, stop)
    return dot(sums, videos.tags, videos.values, 0, known_tags(videos.history, j, now, videos.tags, videos.values))


@compiled
def added(sums, videos, j, now, times):  # type: ignore[no-untyped-def]
    """Add video j's tags as known strictly before a moment, multiplied."""
    if times == 0.0:
        return
    if now > videos.settled.since[j]:
        start, stop = videos.settled.indptr[j], videos.settled.indptr[j + 1]
        add_all(sums, videos.settled.tag, videos.settled.value, start, stop, times)
    else:
        n = known_tags(videos.history, j, now, videos.tags, videos.values)
        add_all(sums, videos.tags, videos.values, 0, n, times)


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


@compiled
def tag_sums(n_tags):  # type: ignore[no-untyped-def]
    """Sums of 0."""
    return TagSums(np.zeros(n_tags), np.zeros(n_tags, np.bool_), np.empty(n_tags, np.int32), np.zeros(1, np.int64))


@compiled
def add_all(to, tags, values, start, stop, times):  # type: ignore[no-untyped-def]
    """Add the values from start to stop, multiplied, to their tags' sums."""
    for k in range(start, stop):
        tag = tags[k]
        if not to.listed[tag]:
            to.listed[tag] = True
            to.tags[to.size[0]] = tag
            to.size[0] += 1
        to.sums[tag] += times * values[k]


@compiled
def dot(these, tags, values, start, stop):  # type: ignore[no-untyped-def]
    """The values from start to stop times their tags' sums."""
    total = 0.0
    for k in range(start, stop):
        total += these.sums[tags[k]] * values[k]
    return total


@compiled
def cleared(these):  # type: ignore[no-untyped-def]
    """Set every sum to 0 again."""
    for k in range(these.size[0]):
        these.sums[these.tags[k]] = 0.0
        these.listed[these.tags[k]] = False
    these.size[0] = 0


@compiled
def weakened(these, factor):  # type: ignore[no-untyped-def]
    """Multiply every sum, and forget those that faded out."""
    kept = 0
    for k in range(these.size[0]):
        tag = these.tags[k]
        these.sums[tag] *= factor
        if abs(these.sums[tag]) < GONE:
            these.sums[tag] = 0.0
            these.listed[tag] = False
        else:
            these.tags[kept] = tag
            kept += 1
    these.size[0] = kept


@compiled
def strongest(these, tags, values):  # type: ignore[no-untyped-def]
    """The sums largest in size, in tag order; of equal ones the lower tags.

    Args:
        these: `TagSums`.
        tags: (top,) int32, gets the tags; -1 behind the last.
        values: (top,) float32, gets the sums.
    """
    every, top = these.tags[: these.size[0]], len(tags)
    size = np.abs(these.sums[every])
    bar = ROUNDING * np.max(size) if len(every) else 0.0
    if len(every) > top:
        bar = max(bar, np.partition(size, len(every) - top)[len(every) - top])
    chosen = every[size > bar]
    if len(chosen) < top and bar > 0:
        chosen = np.concatenate((chosen, np.sort(every[size == bar])[: top - len(chosen)]))
    chosen = np.sort(chosen)
    tags[:] = -1
    values[:] = 0.0
    for k in range(len(chosen)):
        tags[k], values[k] = chosen[k], these.sums[chosen[k]]


@compiled
def held(weight, cap):  # type: ignore[no-untyped-def]
    """The weight, within -cap and cap."""
    return min(max(weight, -cap), cap)


@compiled
def grouped(code, n):  # type: ignore[no-untyped-def]
    """Positions grouped by code, within a group in their old order.

    Args:
        code: (m,) int32, 0 to n - 1.
        n: number of codes.

    Returns:
        (n + 1,) int64 where each group starts, (m,) int64 positions.
    """
    start = np.zeros(n + 1, np.int64)
    for i in range(len(code)):
        start[code[i] + 1] += 1
    for k in range(n):
        start[k + 1] += start[k]
    free = start[:-1].copy()
    order = np.empty(len(code), np.int64)
    for i in range(len(code)):
        order[free[code[i]]] = i
        free[code[i]] += 1
    return start, order
