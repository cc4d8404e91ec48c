"""Rows out of the engine and out of Parquet files, into arrays."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.join.engine import Engine
from pipelines.join.relational import before, coded_events, video_codes, viewer_codes
from recsys.errors import require
from recsys.events import EventWeights
from recsys.ids import Ids
from recsys.interactions import Interactions
from recsys.schema import EVENT_TYPES, NEVER, Floats, Rows, Times
from recsys.tables import empty

TAGGING_COLUMNS = ("video_id", "tag_id", "source", "confidence", "known_at", "withdrawn_at")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The videos in row order."""

    ids: Ids
    published: Times  # (n_videos,) ms, NEVER where unknown


def read_events(engine: Engine, weights: EventWeights, cutoff_ms: int | None) -> tuple[Interactions, Catalogue]:
    """All events before the cutoff in the order of time and event ids, weighed, and the whole catalogue."""
    events = before(engine.table("events"), cutoff_ms)
    viewers = engine.kept("viewer_codes", viewer_codes(events))
    videos = engine.kept("video_codes", video_codes(events, engine.table("videos")))
    known = engine.rows(videos.order_by("video"))
    viewer_ids = sorted_ids(engine.rows(viewers.order_by("viewer"))["viewer_id"], "viewer_id")
    catalogue = Catalogue(sorted_ids(known["video_id"], "video_id"), milliseconds(known["published_at"]))
    n_events = int(events.count().to_pyarrow().as_py())
    arrays = _weighed(engine.batches(coded_events(events, viewers, videos)), n_events, weights)
    return Interactions(viewer_ids, catalogue.ids, *arrays), catalogue


def read_taggings(tables: Path) -> pd.DataFrame:
    """Rows of `schema.TAGGINGS`, their texts as categories; without rows where there is no file."""
    path = tables / "taggings.parquet"
    if not path.exists():
        return empty("taggings")
    texts = ["video_id", "tag_id", "source"]
    return pq.read_table(path, columns=list(TAGGING_COLUMNS), read_dictionary=texts).to_pandas()


def read_tags(tables: Path) -> pd.DataFrame:
    """Rows of `schema.TAGS`; without rows where there is no file."""
    path = tables / "tags.parquet"
    return pd.read_parquet(path) if path.exists() else empty("tags")


def sorted_ids(names: pa.ChunkedArray, column: str) -> Ids:
    """The ids of an engine's code table, whose order must be that of their bytes."""
    require(names.null_count == 0, f"{column} is missing in {names.null_count} rows; every row needs one")
    ids = Ids.of(names.to_pylist())
    same = len(ids) == len(names) and ids.take(np.arange(len(ids), dtype=np.int32)) == names.to_pylist()
    require(same, f"the engine does not sort {column} byte by byte; set its collation to binary")
    return ids


def milliseconds(times: pa.Array | pa.ChunkedArray) -> Times:
    """(n,) ms since 1970 UTC; NEVER where unknown."""
    if times.type.unit == "ms":
        return pc.fill_null(times.cast(pa.int64()), NEVER).to_numpy()
    whole = pc.floor_temporal(times, unit="millisecond").cast(pa.timestamp("ms", times.type.tz)).cast(pa.int64())
    return pc.fill_null(whole, NEVER).to_numpy()


def _weighed(
    batches: Iterable[pa.RecordBatch], n_events: int, weights: EventWeights
) -> tuple[Rows, Rows, Floats, Times]:
    """Viewer, video, weight and time of each event."""
    viewer, video = np.empty(n_events, np.int32), np.empty(n_events, np.int32)
    weight, time = np.empty(n_events, np.float32), np.empty(n_events, np.int64)
    start = 0
    for batch in batches:
        at = slice(start, start + len(batch))
        kind = batch["kind"].to_numpy()
        require(bool((kind >= 0).all()), f"event_type has values beside {', '.join(EVENT_TYPES)}; ingest the events")
        viewer[at], video[at] = batch["viewer"].to_numpy(), batch["video"].to_numpy()
        time[at] = milliseconds(batch["time"])
        weight[at] = weights.weigh(kind, _reals(batch["watched_s"]), _reals(batch["duration_s"]))
        start = at.stop
    require(start == n_events, f"{n_events - start} of {n_events} events lack a viewer or a video; ingest the events")
    return viewer, video, weight, time


def _reals(column: pa.Array) -> Floats:
    """(n,) float32, NaN where unknown."""
    return column.to_numpy(zero_copy_only=False)
