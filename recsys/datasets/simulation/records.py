"""A block's events, impressions and their truth as tables, numbered as they come."""

import numpy as np
import pyarrow as pa

from recsys.datasets.simulation.arrow import ids, of_schema, pick, reals, repeated, table, times
from recsys.datasets.simulation.behaviour import examination
from recsys.datasets.simulation.entities import Entities
from recsys.datasets.simulation.policy import PARTS
from recsys.datasets.simulation.slates import Slates
from recsys.datasets.simulation.unfold import BlockEvents
from recsys.schema import EVENT_TYPES
from recsys.tables import ARROW_TYPES

IMPRESSIONS = pa.schema([
    ("request_id", pa.string()), ("viewer_id", pa.string()), ("position", pa.int32()), ("video_id", pa.string()),
    ("score", pa.float64()), ("propensity", pa.float64()), ("source", pa.string()), ("bundle", pa.string()),
    ("variant", pa.string()), ("shown_at", ARROW_TYPES["time"]),
])  # fmt: skip
"""Position counts from 0. The propensity is the probability of the video at its position given those above it."""
TRUTH = pa.schema([
    ("request_id", pa.string()), ("position", pa.int32()), ("video_id", pa.string()),
    ("examination", pa.float32()), ("play_if_examined", pa.float32()), ("play_probability", pa.float32()),
])  # fmt: skip
"""Per impression what no platform knows: the probability of examination, of a play then, and their product."""
DELIVERY_MS = 250
"""Events are received so long after they occurred."""


class Records:
    """Numbers requests and events from 0 over all blocks it is given, in order."""

    def __init__(self, entities: Entities) -> None:
        self.entities = entities
        self.n_requests = 0
        self.n_events = 0
        self._width = len(str(2 * entities.world.config.n_events))

    def next(self, slates: Slates, events: BlockEvents) -> dict[str, pa.Table]:
        """The tables `events`, `impressions` and `truth` of the next block."""
        requests = ids("request", self.n_requests + np.arange(len(slates)), self._width)
        tables = {
            "events": self._events(requests, slates, events),
            "impressions": self._impressions(requests, slates),
            "truth": self._truth(requests, slates),
        }
        self.n_requests += len(slates)
        self.n_events += len(events)
        return tables

    def _events(self, requests: pa.Array, slates: Slates, events: BlockEvents) -> pa.Table:
        return table("events", {
            "event_id": ids("event", self.n_events + np.arange(len(events)), self._width),
            "viewer_id": pick(self.entities.viewer_ids, slates.viewer[events.slate]),
            "video_id": pick(self.entities.video_ids, events.video),
            "event_type": pick(EVENT_TYPES, events.event_type),
            "watched_s": reals(events.watched_s),
            "occurred_at": times(events.occurred_at),
            "received_at": times(events.occurred_at + DELIVERY_MS),
            "request_id": requests.take(pa.array(events.slate)),
        })  # fmt: skip

    def _impressions(self, requests: pa.Array, slates: Slates) -> pa.Table:
        slate, position = _places(slates)
        return of_schema(IMPRESSIONS, {
            "request_id": requests.take(pa.array(slate)),
            "viewer_id": pick(self.entities.viewer_ids, slates.viewer[slate]),
            "position": pa.array(position),
            "video_id": pick(self.entities.video_ids, slates.video.ravel()),
            "propensity": reals(slates.propensity.ravel()),
            "source": pick(PARTS, slates.part.ravel()),
            "bundle": repeated("simulator", len(slate)),
            "variant": repeated("logging", len(slate)),
            "shown_at": times(slates.shown_at[slate]),
        })  # fmt: skip

    def _truth(self, requests: pa.Array, slates: Slates) -> pa.Table:
        slate, position = _places(slates)
        examined = examination(self.entities.world.config)[position]
        played = slates.responses.play_probability.ravel()
        return of_schema(TRUTH, {
            "request_id": requests.take(pa.array(slate)),
            "position": pa.array(position),
            "video_id": pick(self.entities.video_ids, slates.video.ravel()),
            "examination": pa.array(examined),
            "play_if_examined": pa.array(played),
            "play_probability": pa.array(examined * played),
        })  # fmt: skip


def _places(slates: Slates) -> tuple[np.ndarray, np.ndarray]:
    """(n · slate_size,) slate and position of every place, row by row."""
    n, size = slates.video.shape
    return np.repeat(np.arange(n, dtype=np.int32), size), np.tile(np.arange(size, dtype=np.int32), n)
