"""One request from start to end, the same for the HTTP API and the command line."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from zlib import crc32

from sqlalchemy import Connection

from recsys.ranking.explain import Reason as PlainReason
from recsys.ranking.filters import AGE_STEP_MS as MINUTE_MS
from recsys.ranking.filters import Emptied as PlainEmptied
from recsys.ranking.filters import asks_age
from recsys.ranking.recommender import Answer, Query, Recommended, Shortlist, answer, merged, reaching, shortlist
from recsys.ranking.rules import Rules
from recsys.ranking.similar import answer_like, shortlist_like
from recsys.ranking.viewer import known_viewer
from recsys.schema import DAY_MS
from service.found import Found, Ranked
from service.names import Names
from service.problems import ProblemError, unknown_video
from service.profiles import Asked, Asking, Known, asked_by, read_known, viewer_now
from service.random_ids import random_id
from service.rules import filter_of, rules_of
from service.schemas.fields import to_json
from service.schemas.recommendations import (
    Emptied,
    HistoryEvent,
    Reason,
    RecommendationRequest,
    RecommendedVideo,
)
from service.settings import Settings
from service.shortlists import Kept
from service.snapshot import Snapshot
from service.storage.events import PastEvent
from service.storage.impressions import shown_since
from service.storage.store import Store
from service.storage.videos import durations

AGE_STEP_MS = 3_600_000
"""Ages of past videos are counted to the end of such a step: for so long the same history makes the same shortlist."""
NOTHING: Mapping[str, Any] = {}
ROTATION_MS = 7 * DAY_MS
"""How far back what was shown counts for rotation."""


def ready(snapshot: Snapshot | None) -> Snapshot:
    """The snapshot, once there is one. ProblemError 503 tells how to get one."""
    if snapshot is None:
        raise ProblemError(503, "no-bundle", "No bundle is published yet: `tagreel run` trains and publishes one")
    return snapshot


def recommendations(
    store: Store,
    snapshot: Snapshot,
    request: RecommendationRequest,
    settings: Settings,
    now: int,
    until: int | None = None,
    lap: Callable[[str], None] = lambda _stage: None,
    trials: Mapping[str, tuple[int, int]] = NOTHING,
    variant: str | None = None,
    at_once: bool = True,
) -> Found:
    """Rank the catalogue for a viewer and say why.

    Args:
        store: only read.
        snapshot: what to rank with.
        request: who asks, and for what.
        settings: how much history counts.
        now: ms, the clock of the answer.
        until: ms; only events received by then count, to repeat an earlier answer. All by default.
        lap: told when a stage has ended: history, shortlist, rank.
        trials: how often new videos were shown and taken up, for exploration.
        variant: of an experiment, to be named in the answer.
        at_once: whether a shortlist that is not kept is made here and now.

    Raises:
        NotKeptError: one is needed, and not to be made now.
    """
    request_id = new_id(now)
    told = tuple(sorted(request.tags.items()))
    asking = Asking(request.viewer_id, told_history(store, request.history, now), told)
    asked = store.glance(lambda connection: asked_by(connection, asking, until))
    read = partial(read_known, store, asked, settings.history_limit, until)
    times = _not_taken(store, request.viewer_id, read(), now) if request.rotation else NOTHING
    rules = rules_of(request, times, settings.explore, int(request_id[-8:], 16), trials)
    query = _query(request, asked, rules, now)
    lap("history")

    def kept_for(one: Query) -> Kept:
        return kept_of(snapshot, asked, one, read, at_once)

    kept = kept_for(query)
    lap("shortlist")
    ranked = _ranked(store, snapshot, kept, query, kept_for)
    lap("rank")
    context = to_json(request.context)
    return Found(request_id, request.viewer_id, snapshot.bundle.version, now, ranked, context, variant)


def _query(request: RecommendationRequest, asked: Asked, rules: Rules, now: int) -> Query:
    return Query(
        now=now,
        n=request.n,
        exclude=frozenset(request.exclude),
        include_seen=request.include_seen,
        filter=filter_of(request.filter),
        muted=asked.stated.muted,
        rules=rules,
        explain=request.explain,
    )


def _not_taken(store: Store, viewer_id: str | None, known: Known, now: int) -> dict[str, int]:
    """How often videos were shown to a viewer lately who then did nothing with them."""
    if viewer_id is None:
        return {}
    taken = {one.video_id for one in known.events}
    with store.reading() as connection:
        times = shown_since(connection, viewer_id, now - ROTATION_MS)
    return {video_id: n for video_id, n in times.items() if video_id not in taken}


def kept_of(snapshot: Snapshot, asked: Asked, query: Query, read: Callable[[], Known], at_once: bool = True) -> Kept:
    """The viewer's shortlist; ages are counted to the end of a step, so that for so long it need not be made anew.

    Args:
        snapshot: what to rank with.
        asked: who asks and how their past stands: what differs as soon as what `read` gives does.
        query: what is asked.
        read: reads all that is known of them; only where no shortlist is kept.
        at_once: as in `Shortlists.of`.
    """
    as_of = step_end(query.now, asked.asking.viewer_id or "")
    key = (asked, as_of, query.include_seen, *_moment(snapshot, query))

    def make() -> Shortlist:
        viewer = known_viewer(viewer_now(read(), snapshot.weights, as_of), snapshot.catalogue, as_of)
        return shortlist(snapshot.contents, snapshot.catalogue, viewer, query)

    return snapshot.shortlists.of(key, make, at_once)


def step_end(now: int, viewer_id: str) -> int:
    """The end of a viewer's step that a moment lies in, ms.

    The steps of different viewers do not end together: all of their shortlists would have to be made anew at once.
    """
    offset = crc32(viewer_id.encode()) % AGE_STEP_MS
    return -(-(now - offset) // AGE_STEP_MS) * AGE_STEP_MS + offset


def _ranked(store: Store, snapshot: Snapshot, kept: Kept, query: Query, kept_for: Callable[[Query], Kept]) -> Ranked:
    """The answer; one that nothing was drawn for is kept, for who asks the same again."""

    def make() -> Ranked:
        more = [kept_for(one).listed for one in reaching(query)[1:]]
        found = answer(snapshot.contents, snapshot.catalogue, merged(kept.listed, more), query)
        with store.reading() as connection:
            return ranked_of(found, named(connection, snapshot, found))

    if query.rules.is_drawn:
        return make()
    return kept.answer((query.n, query.exclude, query.rules, query.explain), make)


def named(connection: Connection, snapshot: Snapshot, found: Answer) -> list[RecommendedVideo]:
    """An answer's videos with what they and their reasons are called."""
    snapshot.names.look_up(connection, found.videos)
    return [_video(one, snapshot.names) for one in found.videos]


def ranked_of(found: Answer, videos: Sequence[RecommendedVideo]) -> Ranked:
    """An answer with its videos, written."""
    return Ranked.of(videos, found.fallback, found.n_candidates, _emptied(found.emptied))


def like_video(store: Store, snapshot: Snapshot, video_id: str, query: Query, at_once: bool = True) -> Found:
    """Rank the catalogue by likeness to one video.

    Args:
        store: only read.
        snapshot: what to rank with.
        video_id: which one.
        query: what is asked.
        at_once: as in `Shortlists.of`.

    Raises:
        ProblemError: 404, the video is unknown or deleted.
        NotKeptError: a shortlist is needed, and not to be made now.
    """
    check_listed(snapshot, video_id)
    kept = kept_like(snapshot, video_id, query, at_once)

    def make() -> Ranked:
        found = answer_like(snapshot.contents, snapshot.catalogue, kept.listed, query)
        with store.reading() as connection:
            return ranked_of(found, named(connection, snapshot, found))

    return found_of(kept.answer((query.n, query.exclude, query.explain), make), snapshot, query.now, None)


def kept_like(snapshot: Snapshot, video_id: str, query: Query, at_once: bool = True) -> Kept:
    """The shortlist of videos like one that the catalogue has; `at_once` as in `Shortlists.of`."""
    key = (video_id, query.muted, *_moment(snapshot, query))
    return snapshot.shortlists.of(
        key, lambda: shortlist_like(snapshot.contents, snapshot.catalogue, video_id, query), at_once
    )


def _moment(snapshot: Snapshot, query: Query) -> tuple[object, ...]:
    """What differs as soon as the query lets other videos through, at another time too."""
    by_minute = query.filter is not None and asks_age(query.filter)
    return snapshot.catalogue.span(query.now), query.now // MINUTE_MS if by_minute else 0, query.filter


def new_id(now: int) -> str:
    """An id that nobody guesses. Later ones sort behind, so that the store appends them: 32 hex digits."""
    return f"{now:012x}{random_id(20)}"


def reasons_of(reasons: Iterable[PlainReason], names: Names) -> list[Reason]:
    """Reasons with what they are called."""
    return [
        Reason.model_construct(kind=one.kind, id=one.id, name=names.of(one.kind, one.id), value=one.value)
        for one in reasons
    ]


def is_listed(snapshot: Snapshot, video_id: str) -> bool:
    """Whether the catalogue has a video, available now or not."""
    position = snapshot.catalogue.position(video_id)
    changed = position - len(snapshot.catalogue.ids)
    return position >= 0 and (changed < 0 or not snapshot.catalogue.changes[changed].deleted)


def check_listed(snapshot: Snapshot, video_id: str) -> None:
    """ProblemError 404 where the catalogue does not have a video."""
    if not is_listed(snapshot, video_id):
        raise unknown_video(video_id)


def told_history(store: Store, told: Sequence[HistoryEvent], now: int) -> tuple[PastEvent, ...]:
    """The events that a request tells, with the videos' lengths from the store."""
    if not told:
        return ()
    with store.reading() as connection:
        lengths = durations(connection, sorted({one.video_id for one in told}))
    return tuple(
        PastEvent(
            one.video_id,
            one.event_type,
            one.watched_s,
            lengths.get(one.video_id),
            now if one.occurred_at is None else one.occurred_at,
        )
        for one in told
    )


def found_of(ranked: Ranked, snapshot: Snapshot, now: int, viewer_id: str | None) -> Found:
    """An answer with an id of its own."""
    return Found(new_id(now), viewer_id, snapshot.bundle.version, now, ranked)


def _emptied(found: PlainEmptied | None) -> Emptied | None:
    return None if found is None else Emptied.model_construct(clause=found.clause, n_before=found.n_before)


def _video(video: Recommended, names: Names) -> RecommendedVideo:
    return RecommendedVideo.model_construct(
        video_id=video.video_id,
        title=names.titles.get(video.video_id),
        score=video.score,
        state=video.state,
        source=video.source,
        propensity=video.propensity,
        reasons=reasons_of(video.reasons, names),
    )
