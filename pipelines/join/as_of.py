"""The two passes over events in time order that give each event what was known strictly before it.

Events of equal time never see each other. Nothing is recomputed as time goes by: a state keeps the moment it was last
touched and decays when it is touched again, so a pass costs O(events · tags of a video).

All that is compiled stands in this one file: the machine code is kept on disk, and only a change of the file that
starts a pass makes it anew.
"""

import numba
import numpy as np

from pipelines.join.arrays import MET, PAST, TAG, Events, SettledTags, TagHistory, TagSums, VideoTags
from recsys.schema import NEVER

CERTAIN = 1.0 - 1e-6
"""The most that one tagging is believed, as in `recsys.tags.vectorizer`."""
FAR = 500.0
"""Half-lives after which a profile is rescaled; sums that were grown 2^500-fold still fit float64."""
GONE = 1e-100
"""A sum below this in size counts as faded out."""
ROUNDING = 1e-12
"""A sum this much smaller than the largest is what rounding left of parts that cancel out."""
CLASS_SHIFT = 20
N_CLASSES = 1 << (31 - CLASS_SHIFT)
"""Sizes are first told apart by their exponent and three more bits."""

started = numba.njit(nogil=True, cache=True)
"""What Python starts. It takes plain tuples: then the code on disk is bound to no class that a later version moves."""
compiled = numba.njit(nogil=True)


@started
def before_on_videos(events, n_videos, half_life_ms, seen, popularity):  # type: ignore[no-untyped-def]
    """What each event's video had had strictly before it.

    Args:
        events: `Events`.
        n_videos: size of the catalogue.
        half_life_ms: of popularity; may be inf.
        seen: (n_events,) float32, gets the number of earlier events.
        popularity: (n_events,) float32, gets the decayed number of earlier events of positive weight.
    """
    events, videos = Events(*events), np.zeros(n_videos, PAST)
    for i in range(len(events.time)):
        past, now = videos[events.video[i]], events.time[i]
        if past.n == 0 or now > past.last:
            if past.liked > 0.0:
                past.liked *= 2.0 ** (-(now - past.last) / half_life_ms)
            past.n_before, past.liked_before, past.last = past.n, past.liked, now
        seen[i], popularity[i] = past.n_before, past.liked_before
        past.n += 1
        if events.weight[i] > 0:
            past.liked += 1.0


@started
def before_of_viewers(  # type: ignore[no-untyped-def]
    events, indptr, history, idf, settled, as_of, half_life_ms, cap, first, last, seen, match, tags, weights
):
    """What viewers `first` to `last - 1` had had strictly before each of their events, and their profiles at the end.

    As in `Interactions.pairs`, a viewer's events on one video count together, with their sum held within ±cap, at the
    time of the last. In the profile before an event a video has the tags that were known when it was last met; in the
    one at the end, those known at the end.

    Args:
        events: `Events`.
        indptr: (n_viewers + 1,) int64, running sum of the viewers' numbers of events.
        history: `TagHistory`.
        idf: (n_tags,) float32.
        settled: `SettledTags`.
        as_of: the end, ms.
        half_life_ms: of profiles; may be inf.
        cap: see `JoinConfig.cap`.
        first: viewer.
        last: one behind the last viewer.
        seen: (n_events,) float32, gets the number of the viewer's earlier events.
        match: (n_events,) float32, gets the profile before the event times the video's tags as known before it.
        tags: (last - first, top) int32, gets each viewer's strongest tags at `as_of`, increasing; -1 behind the last.
        weights: (last - first, top) float32, gets their weights.
    """
    events, history, settled = Events(*events), TagHistory(*history), SettledTags(*settled)
    indptr = indptr[first : last + 1] - indptr[first]
    mine = of_viewers(events, indptr, first)
    mine_seen, mine_match = np.empty(indptr[-1], np.float32), np.empty(indptr[-1], np.float32)
    videos = VideoTags(history, idf, settled, np.empty(longest(history.indptr), TAG), np.full(3, -1))
    profile, met = tag_sums(len(idf)), np.empty(len(settled.videos), MET)
    counts, touched = np.zeros(N_CLASSES, np.int64), 0
    for j in range(len(met)):
        met[j].weight, met[j].last = 0.0, NEVER
    for viewer in range(len(indptr) - 1):
        start, end = indptr[viewer], indptr[viewer + 1]
        origin = mine.time[start] if start < end else as_of  # the profile holds weights as of it
        for k in range(start, end):  # have their tags come into the cache while nothing waits for them
            video = settled.videos[mine.video[k]]
            if video.start < video.stop:
                touched += settled.tags[video.start].tag + settled.tags[(video.start + video.stop) >> 1].tag
        at = start
        while at < end:
            now = mine.time[at]
            stop = at + 1
            while stop < end and mine.time[stop] == now:
                stop += 1
            if (now - origin) / half_life_ms > FAR:
                weakened(profile, 2.0 ** (-(now - origin) / half_life_ms))
                origin = now
            grown = 2.0 ** ((now - origin) / half_life_ms)
            if stop > at + 1:  # events of one time must not see each other
                for k in range(at, stop):
                    mine_match[k] = matched(profile, videos, mine.video[k], now) / grown
            for k in range(at, stop):
                j = mine.video[k]
                before, gone = met[j], 0.0
                if before.last != NEVER:
                    gone = held(before.weight, cap) * 2.0 ** ((before.last - origin) / half_life_ms)
                before.weight += mine.weight[k]
                found = replaced(profile, videos, j, before.last, gone, now, held(before.weight, cap) * grown)
                before.last, mine_seen[k] = now, at - start
                if stop == at + 1:
                    mine_match[k] = found / grown
            at = stop
        for k in range(start, end):
            j = mine.video[k]
            before = met[j]
            if before.last != NEVER and before.last <= settled.videos[j].since:  # its tags at the end are others
                gone = held(before.weight, cap) * 2.0 ** ((before.last - origin) / half_life_ms)
                replaced(profile, videos, j, before.last, gone, as_of, gone)
            before.weight, before.last = 0.0, NEVER
        left = 2.0 ** (-(as_of - origin) / half_life_ms)
        strongest(profile, left, counts, tags[viewer], weights[viewer])
        cleared(profile)
    to_events(events, indptr, first, mine_seen, mine_match, seen, match)
    return touched  # so that the compiler cannot leave the touching out


@compiled
def of_viewers(events, indptr, first):  # type: ignore[no-untyped-def]
    """The events of some viewers from the first, laid out viewer by viewer, each viewer's in time order."""
    n, free = indptr[-1], indptr[:-1].copy()
    viewer, video = np.empty(0, np.int32), np.empty(n, np.int32)
    weight, time = np.empty(n, np.float32), np.empty(n, np.int64)
    for i in range(len(events.viewer)):
        u = events.viewer[i] - first
        if 0 <= u < len(free):
            k = free[u]
            video[k], weight[k], time[k] = events.video[i], events.weight[i], events.time[i]
            free[u] += 1
    return Events(viewer, video, weight, time)


@compiled
def to_events(events, indptr, first, mine_seen, mine_match, seen, match):  # type: ignore[no-untyped-def]
    """The way back: values laid out as `of_viewers` does it to their events."""
    free = indptr[:-1].copy()
    for i in range(len(events.viewer)):
        u = events.viewer[i] - first
        if 0 <= u < len(free):
            seen[i], match[i] = mine_seen[free[u]], mine_match[free[u]]
            free[u] += 1


@compiled
def longest(indptr):  # type: ignore[no-untyped-def]
    """The size of the largest group; at least 1."""
    most = 1
    for k in range(len(indptr) - 1):
        most = max(most, indptr[k + 1] - indptr[k])
    return most


@compiled
def matched(sums, videos, j, now):  # type: ignore[no-untyped-def]
    """Video j's tags as known strictly before a moment, times the sums."""
    return replaced(sums, videos, j, now, 0.0, now, 0.0)


@compiled
def replaced(sums, videos, j, last, gone, now, come):  # type: ignore[no-untyped-def]
    """Video j's tags as known strictly before a moment, times the sums; then the sums get `come` times those tags, and
    lose `gone` times those known before an earlier moment.
    """
    video = videos.settled.videos[j]
    if now <= video.since:
        total = met_tags(sums, videos.worked_out, 0, known_tags(videos, j, now), come)
    elif gone == 0.0 or last > video.since:  # the tags were the same then
        return met_tags(sums, videos.settled.tags, video.start, video.stop, come - gone)
    else:
        total = met_tags(sums, videos.settled.tags, video.start, video.stop, come)
    if gone != 0.0:
        met_tags(sums, videos.worked_out, 0, known_tags(videos, j, last), -gone)
    return total


@compiled
def met_tags(to, vector, start, stop, times):  # type: ignore[no-untyped-def]
    """The tags from start to stop times their sums, to which they are then added, multiplied."""
    total, n = 0.0, to.size[0]
    for k in range(start, stop):
        tag, value = vector[k].tag, vector[k].value
        total += to.sums[tag] * value
        to.sums[tag] += times * value
        to.tags[n] = tag
        n += not to.listed[tag]
        to.listed[tag] = True
    to.size[0] = n
    return total


@compiled
def known_tags(videos, j, now):  # type: ignore[no-untyped-def]
    """Put video j's tag vector as known strictly before a moment, of length 1, into `worked_out`; return its size."""
    if videos.whose[0] == j and videos.whose[1] == now:
        return videos.whose[2]
    history, vector = videos.history, videos.worked_out
    n, squares, fading = 0, 0.0, np.isfinite(history.half_life_ms)
    at, end = history.indptr[j], history.indptr[j + 1]
    while at < end:
        tag, doubt = history.said[at].tag, 1.0
        while at < end and history.said[at].tag == tag:
            one = history.said[at]
            if (one.known_at < now or one.known_at == NEVER) and one.withdrawn_at >= now:
                trust = float(one.trust)
                if fading and one.known_at != NEVER:
                    trust *= 2.0 ** (-(now - one.known_at) / history.half_life_ms)
                doubt *= 1.0 - min(trust, CERTAIN)
            at += 1
        value = (1.0 - doubt) * videos.idf[tag]
        if value != 0.0:
            vector[n].tag, vector[n].value = tag, value
            squares += value * value
            n += 1
    length = np.sqrt(squares)
    for k in range(n):
        vector[k].value /= length
    videos.whose[0], videos.whose[1], videos.whose[2] = j, now, n
    return n


@compiled
def tag_sums(n_tags):  # type: ignore[no-untyped-def]
    """Sums of 0."""
    listed, tags = np.zeros(n_tags, np.bool_), np.empty(n_tags + 1, np.int32)
    return TagSums(np.zeros(n_tags), listed, tags, np.empty(n_tags, np.float32), np.zeros(1, np.int64))


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
def cleared(these):  # type: ignore[no-untyped-def]
    """Set every sum to 0 again."""
    for k in range(these.size[0]):
        these.sums[these.tags[k]] = 0.0
        these.listed[these.tags[k]] = False
    these.size[0] = 0


@compiled
def strongest(these, factor, counts, tags, values):  # type: ignore[no-untyped-def]
    """The sums largest in size, multiplied, in tag order; of equal ones the lower tags.

    Args:
        these: `TagSums`.
        factor: above 0, or 0.
        counts: (N_CLASSES,) zeros to work in.
        tags: (top,) int32, gets the tags; -1 behind the last.
        values: (top,) float32, gets the sums.
    """
    n, top = these.size[0], len(tags)
    sizes, most = these.sizes[:n], np.float32(0.0)
    for k in range(n):
        sizes[k] = abs(these.sums[these.tags[k]]) * factor
        most = max(most, sizes[k])
    bar = np.float32(ROUNDING * most)
    if n > top:
        bar = max(bar, place_from_top(sizes, top, counts))
    chosen = 0
    for k in range(n):
        if sizes[k] > bar:
            tags[chosen] = these.tags[k]
            chosen += 1
    if chosen < top and bar > 0.0:
        equal = np.sort(these.tags[:n][sizes == bar])[: top - chosen]
        tags[chosen : chosen + len(equal)] = equal
        chosen += len(equal)
    tags[:chosen].sort()
    tags[chosen:] = -1
    for k in range(chosen):
        values[k] = these.sums[tags[k]] * factor
    values[chosen:] = 0.0


@compiled
def place_from_top(sizes, place, counts):  # type: ignore[no-untyped-def]
    """The place-th largest of at least as many float32 of 0 and above: their bits, as whole numbers, sort as they do.

    They are counted by their first bits, so that only those that share them with the one wanted must be sorted.
    """
    bits, lowest, highest = sizes.view(np.int32), N_CLASSES, 0
    for k in range(len(bits)):
        one = bits[k] >> CLASS_SHIFT
        counts[one] += 1
        lowest, highest = min(lowest, one), max(highest, one)
    at, left = highest, place
    while counts[at] < left:
        left -= counts[at]
        at -= 1
    n_like, like = 0, np.empty(counts[at], np.float32)
    for k in range(len(bits)):
        if bits[k] >> CLASS_SHIFT == at:
            like[n_like] = sizes[k]
            n_like += 1
    counts[lowest : highest + 1] = 0
    return np.partition(like, n_like - left)[n_like - left]


@started
def packed(tags, weights):  # type: ignore[no-untyped-def]
    """Bring a table of tags and weights together in place, row by row, without tags of -1 and weights of 0.

    Returns:
        (n_rows,) how many each row keeps.
    """
    all_tags, all_weights = tags.reshape(tags.size), weights.reshape(weights.size)
    counts, n = np.zeros(len(tags), np.int64), 0
    for row in range(len(tags)):
        for k in range(tags.shape[1]):
            tag, weight = tags[row, k], weights[row, k]
            if tag >= 0 and weight != 0:
                all_tags[n], all_weights[n] = tag, weight
                counts[row] += 1
                n += 1
    return counts


@compiled
def held(weight, cap):  # type: ignore[no-untyped-def]
    """The weight, within -cap and cap."""
    return min(max(weight, -cap), cap)


@started
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
