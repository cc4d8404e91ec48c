"""What is known of a viewer now: from the store and from the request, as ranking takes it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from recsys.events import EventWeights
from recsys.ranking.viewer import PastEvents, Viewer
from recsys.schema import EVENT_TYPES
from service.storage.events import PastEvent, history
from service.storage.standing import Said, standing
from service.storage.store import Store

_TYPE_OF = {name: position for position, name in enumerate(EVENT_TYPES)}
_SIGNS = {"liked": 1.0, "muted": -1.0}


class Asking(NamedTuple):
    """Who asks: someone the store knows, someone the request describes, or both."""

    viewer_id: str | None = None
    history: tuple[PastEvent, ...] = ()
    tags: tuple[tuple[str, float], ...] = ()
    """In place of what the viewer stated of the same tags; each once."""


class Stated(NamedTuple):
    """What a viewer says of tags."""

    weights: tuple[tuple[str, float], ...] = ()
    """Above 0 where liked, below 0 where muted."""
    muted: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()

    @property
    def tags(self) -> frozenset[str]:
        """All of which they say anything."""
        return frozenset([*dict(self.weights), *self.forgotten])


NOTHING = Stated()


@dataclass(frozen=True)
class Known:
    """What is known of who asks."""

    events: tuple[PastEvent, ...]
    stated: Stated


class Asked(NamedTuple):
    """Who asks and how their past stands: equal where nothing new is known of them."""

    asking: Asking
    stated: Stated
    mark: Hashable
    """Of their events in the store."""


def asked_by(connection: Connection, asking: Asking, until: int | None = None) -> Asked:
    """Who asks, by one read, without a look at each of their events; `until` as in `known_of`."""
    if asking.viewer_id is None:
        return Asked(asking, _stated((), asking), None)
    found = standing(connection, asking.viewer_id)
    return Asked(asking, _stated(found.said, asking), (found.past, until))


def known_of(connection: Connection, asked: Asked, limit: int, until: int | None = None) -> Known:
    """Everything known of who asks.

    Args:
        connection: to read the store.
        asked: who, and what they stated.
        limit: how many of the last events in the store count.
        until: ms; only events received by then count. All by default.
    """
    viewer_id = asked.asking.viewer_id
    past = () if viewer_id is None else history(connection, viewer_id, limit, until)
    return Known((*asked.asking.history, *past), asked.stated)


def read_known(store: Store, asked: Asked, limit: int, until: int | None = None) -> Known:
    """`known_of`, by a set of reads of its own: whenever, and in whichever thread, it turns out to be needed."""
    with store.reading() as connection:
        return known_of(connection, asked, limit, until)


def known_viewer_of(connection: Connection, viewer_id: str, limit: int) -> Known:
    """Everything that the store knows of a viewer."""
    return known_of(connection, asked_by(connection, Asking(viewer_id)), limit)


def _stated(said: Sequence[Said], asking: Asking) -> Stated:
    if not said:
        return Stated(asking.tags) if asking.tags else NOTHING
    instead = dict(asking.tags)
    weights = {tag_id: _SIGNS[state] * weight for tag_id, state, weight in said if state in _SIGNS}
    muted, forgotten = (
        tuple(sorted(tag_id for tag_id, state, _ in said if state == wanted and tag_id not in instead))
        for wanted in ("muted", "forgotten")
    )
    return Stated(tuple(sorted({**weights, **instead}.items())), muted, forgotten)


def viewer_now(known: Known, weights: EventWeights, now: int) -> Viewer:
    """As ranking takes it.

    Args:
        known: what was read.
        weights: what events say of taste.
        now: ms; events of devices whose clock is ahead count as happening now.
    """
    return Viewer(past_events(known.events, weights, now), dict(known.stated.weights), known.stated.forgotten)


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
