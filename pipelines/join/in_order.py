"""Events that lie in the order of time and event ids already, as ingest leaves them: read column by column, unsorted.

It gives what `relational` defines, from plain Parquet columns and without an engine. Whatever is not as ingest leaves
it, such as another order or a missing id, is left to the engine, which sorts, or finds out what is wrong.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.join.reading import Catalogue, milliseconds, sorted_ids
from recsys.events import EventWeights
from recsys.interactions import Interactions
from recsys.schema import EVENT_TYPES, NEVER, TABLES, Floats, Rows, Times
from recsys.tables import arrow_schema

TEXTS = ["viewer_id", "video_id", "event_type"]
ROWS_AT_ONCE = 500_000


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts, each of which stands in many rows."""

    names: pa.Array  # each text once
    at: Rows  # (n,) position in `names`

    def codes(self, names: pa.Array) -> Rows:
        """(n,) position of each row's text among these, -1 where it is none of them."""
        return pc.fill_null(pc.index_in(self.names, names), -1).to_numpy()[self.at]


def read_in_order(
    tables: Path, weights: EventWeights, cutoff_ms: int | None, threads: int
) -> tuple[Interactions, Catalogue] | None:
    """What `reading.read_events` gives, or None where the tables are not as ingest leaves them."""
    paths = {name: tables / f"{name}.parquet" for name in ("events", "videos")}
    if not all(_is_plain(path, name) for name, path in paths.items()):
        return None
    rows = pq.read_table(paths["events"], columns=[*TEXTS, "watched_s", "occurred_at"], read_dictionary=TEXTS)
    if any(rows[name].null_count for name in (*TEXTS, "occurred_at")):
        return None
    time = milliseconds(rows["occurred_at"])
    listed = pq.read_table(paths["videos"], columns=["video_id", "duration_s", "published_at"])
    if not (_in_order(time, paths["events"]) and _once_each(listed["video_id"])):
        return None
    n_events = len(time) if cutoff_ms is None else int(np.searchsorted(time, cutoff_ms))
    viewer, video, kind = (_texts(rows[name], n_events) for name in TEXTS)
    kinds = kind.codes(pa.array(EVENT_TYPES))
    if (kinds < 0).any():
        return None
    known = pa.concat_arrays([*listed["video_id"].chunks, video.names]).unique()
    viewer_names, video_names = (names.take(pc.array_sort_indices(names)) for names in (viewer.names, known))
    catalogue, duration_s = _catalogue(video_names, listed)
    viewers, videos = viewer.codes(viewer_names), video.codes(video_names)
    weight = _weight(weights, kinds, rows["watched_s"].slice(0, n_events), duration_s, videos, threads)
    viewer_ids = sorted_ids(pa.chunked_array([viewer_names]), "viewer_id")
    return Interactions(viewer_ids, catalogue.ids, viewers, videos, weight, time[:n_events]), catalogue


def _is_plain(path: Path, table: str) -> bool:
    """Whether a table's file is there and has the columns and types that ingest writes."""
    return path.exists() and pq.read_schema(path).equals(arrow_schema(TABLES[table]))


def _in_order(time: Times, events: Path) -> bool:
    """Whether times never decrease, and event ids do not among equal times."""
    step = np.diff(time)
    if (step < 0).any():
        return False
    same = np.flatnonzero(step == 0)
    ids = pq.read_table(events, columns=["event_id"])["event_id"]
    this, following = ids.take(pa.array(same)), ids.take(pa.array(same + 1))
    return bool(pc.all(pc.less_equal(this, following), skip_nulls=False, min_count=0).as_py())


def _once_each(ids: pa.ChunkedArray) -> bool:
    return ids.null_count == 0 and len(ids.unique()) == len(ids)


def _texts(column: pa.ChunkedArray, n: int) -> Texts:
    """The first n rows of a dictionary column, and only the texts that they have."""
    chunks = column.slice(0, n).unify_dictionaries().chunks
    if not chunks:
        return Texts(pa.array([], pa.string()), np.empty(0, np.int32))
    at = np.concatenate([chunk.indices.to_numpy() for chunk in chunks])
    names, used = chunks[0].dictionary, np.zeros(len(chunks[0].dictionary), bool)
    used[at] = True
    if used.all():
        return Texts(names, at)
    return Texts(names.filter(pa.array(used)), (np.cumsum(used, dtype=np.int32) - np.int32(1))[at])


def _catalogue(names: pa.Array, listed: pa.Table) -> tuple[Catalogue, Floats]:
    """The catalogue, and (n_videos,) lengths in seconds, NaN where unknown."""
    row = pc.index_in(listed["video_id"], names).to_numpy()
    published, duration_s = np.full(len(names), NEVER), np.full(len(names), np.nan, np.float32)
    published[row], duration_s[row] = milliseconds(listed["published_at"]), listed["duration_s"].to_numpy()
    return Catalogue(sorted_ids(pa.chunked_array([names]), "video_id"), published), duration_s


def _weight(
    weights: EventWeights, kind: Rows, watched_s: pa.ChunkedArray, duration_s: Floats, video: Rows, threads: int
) -> Floats:
    """(n_events,) what each event says of taste."""
    weight = np.empty(len(kind), np.float32)
    watched = watched_s.to_numpy().astype(np.float32)

    def piece(start: int) -> None:
        at = slice(start, start + ROWS_AT_ONCE)
        weight[at] = weights.weigh(kind[at], watched[at], duration_s[video[at]])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(piece, range(0, len(kind), ROWS_AT_ONCE)))
    return weight
