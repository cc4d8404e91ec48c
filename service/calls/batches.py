"""Many events or videos, in as many requests as the service's limit makes of them."""

import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar, Unpack

from service.calls.call import Call
from service.calls.events import Event, EventResult, EventsResult
from service.calls.events import post_events as events_call
from service.calls.exchange import Flow, Send
from service.calls.videos import RowResult, VideoBatchResult, VideoInBatch
from service.calls.videos import store_videos as videos_call

T = TypeVar("T")


def post_event(send: Send, _max_batch: int, **event: Unpack[Event]) -> Flow[EventsResult]:
    """Append one event; it counts in its viewer's next answer. Without an `event_id` it gets one before it is sent."""
    call: Call[EventsResult] = events_call(with_event_id(event))
    return (yield from send(call))


def post_events(send: Send, max_batch: int, events: Iterable[Event]) -> Flow[EventsResult]:
    """Append events, each checked alone.

    Every event gets an id before it is first sent, so trying again appends none twice. Whoever calls this again after
    an error gives the events ids of their own, or `with_event_id` first.

    Args:
        events: any number; they are read as they are sent.

    Returns:
        What became of all of them, in their order.
    """
    results: list[EventResult] = []
    counts = dict.fromkeys(("accepted", "repeated", "rejected"), 0)
    for some in _batches(events, max_batch):
        told = yield from send(events_call({"events": [with_event_id(one) for one in some]}))
        results += told.results
        counts = {name: n + getattr(told, name) for name, n in counts.items()}
    return EventsResult(**counts, results=results)


def store_videos(send: Send, max_batch: int, videos: Iterable[VideoInBatch]) -> Flow[VideoBatchResult]:
    """Put videos, each checked alone; a bad one keeps no good one out.

    Args:
        videos: any number; they are read as they are sent.

    Returns:
        What became of all of them, in their order.
    """
    results: list[RowResult] = []
    for some in _batches(videos, max_batch):
        told = yield from send(videos_call({"videos": some}))
        results += told.results
    stored = sum(one.status == "stored" for one in results)
    return VideoBatchResult(stored=stored, rejected=len(results) - stored, results=results)


def with_event_id(event: Event) -> Event:
    """The event with an id: its own, or a new one."""
    return {**event, "event_id": event.get("event_id") or uuid.uuid4().hex}


def _batches(rows: Iterable[T], n: int) -> Iterator[list[T]]:
    left = iter(rows)
    while some := list(islice(left, n)):
        yield some
