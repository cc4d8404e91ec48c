"""What is known of a viewer now: from the store and from the request, as ranking takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection

from recsys.events import EventWeights
from recsys.ranking.viewer import PastEvents, Viewer
from recsys.schema import EVENT_TYPES
from service.storage.events import PastEvent, history
from service.storage.viewer_tags import stated

_TYPE_OF = {name: position for position, name in enumerate(EVENT_TYPES)}
_SIGNS = {"liked": 1.0, "muted": -1.0}


@dataclass(frozen=True)
class Asking:
    """Who asks: someone the store knows, someone the request describes, or both."""

    viewer_id: str | None = None
    history: Sequence[PastEvent] = ()
    tags: Mapping[str, float] = field(default_factory=dict)
    """In place of what the viewer stated of the same tags."""


@dataclass(frozen=True)
class Known:
    """What is known of who asks, as it was read: equal where nothing new is known."""

    events: tuple[PastEvent, ...]
    tags: tuple[tuple[str, float], ...]
    muted: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()


def known_of(connection: Connection, asking: Asking, limit: int, until: int | None = None) -> Known:
    """Everything known of who asks.

    Args:
        connection: to read the store.
        asking: who.
        limit: how many of the last events in the store count.
        until: ms; only events received by then count. All by default.
    """
    events = tuple(asking.history)
    said: list[tuple[str, str, float]] = []
    if asking.viewer_id is not None:
        events += tuple(history(connection, asking.viewer_id, limit, until))
        said = sorted(stated(connection, asking.viewer_id))
    weights = {tag_id: _SIGNS[state] * weight for tag_id, state, weight in said if state in _SIGNS}
    muted, forgotten = (
        tuple(tag_id for tag_id, state, _ in said if state == wanted and tag_id not in asking.tags)
        for wanted in ("muted", "forgotten")
    )
    return Known(events, tuple(sorted({**weights, **asking.tags}.items())), muted, forgotten)


def viewer_now(known: Known, weights: EventWeights, now: int) -> Viewer:
    """As ranking takes it.

    Args:
        known: what was read.
        weights: what events say of taste.
        now: ms; events of devices whose clock is ahead count as happening now.
    """
    return Viewer(past_events(known.events, weights, now), dict(known.tags), known.forgotten)


def past_events(events: Sequence[PastEvent], weights: EventWeights, now: int) -> PastEvents:
    """Events, weighed."""
    if not events:
        return PastEvents()
    weight = weights.weigh(
        np.array([_TYPE_OF[one.event_type] for one in events]),
        np.array([np.nan if one.watched_s is None else one.watched_s for one in events]),
        np.array([np.nan if one.duration_s is None else one.duration_s for one in events]),
    )
    times = np.array([min(one.occurred_at, now) for one in events], np.int64)
    return PastEvents([one.video_id for one in events], weight, times)
