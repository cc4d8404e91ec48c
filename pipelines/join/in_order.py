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

from pipelines.join.reading import Catalogue, milliseconds
from recsys.events import EventWeights
from recsys.ids import Ids
from recsys.interactions import Interactions
from recsys.schema import EVENT_TYPES, NEVER, TABLES, Floats, Rows, Times
from recsys.tables import arrow_schema

TEXTS = ["viewer_id", "video_id", "event_type"]
ROWS_AT_ONCE = 65_536


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
    path, listed = paths["events"], pq.read_table(paths["videos"], columns=["video_id", "duration_s", "published_at"])
    time = milliseconds(_column(path, "occurred_at"))
    n_events = len(time) if cutoff_ms is None else int(np.searchsorted(time, cutoff_ms))
    if not (_once_each(listed["video_id"]) and (time[1:] >= time[:-1]).all() and (time[-1:] < NEVER).all()):
        return None
    with ThreadPoolExecutor(threads) as pool:  # a column each
        ordered, watched = pool.submit(_ids_in_order, path, time), pool.submit(_watched, path, n_events)
        texts = list(pool.map(lambda name: _texts(path, name, n_events), TEXTS))
        if not ordered.result() or any(one is None for one in texts):
            return None
        viewer, video, kind = (one for one in texts if one is not None)
        kinds = kind.codes(pa.array(EVENT_TYPES))
        if (kinds < 0).any():
            return None
        every = pa.concat_arrays([*listed["video_id"].chunks, video.names]).unique()
        if not (_storable(every) and _storable(viewer.names)):
            return None
        names, video_ids = _sorted_ids(every)
        videos = pool.submit(video.codes, names)
        catalogue, duration_s = _catalogue(names, video_ids, listed)
        viewer_names, viewer_ids = _sorted_ids(viewer.names)
        viewers = pool.submit(viewer.codes, viewer_names)
        weight = _weight(pool, weights, kinds, watched.result(), duration_s, videos.result())
        events = Interactions(viewer_ids, video_ids, viewers.result(), videos.result(), weight, time[:n_events])
        return events, catalogue


def _is_plain(path: Path, table: str) -> bool:
    """Whether a table's file is there and has the columns and types that ingest writes."""
    return path.exists() and pq.read_schema(path).equals(arrow_schema(TABLES[table]))


def _column(path: Path, name: str, as_dictionary: bool = False) -> pa.ChunkedArray:
    names = [name] if as_dictionary else []
    return pq.read_table(path, columns=[name], read_dictionary=names, use_threads=False)[name]


def _watched(path: Path, n: int) -> Floats:
    """(n,) seconds of the first n events, NaN where unknown."""
    chunks = _column(path, "watched_s").slice(0, n).chunks
    seconds = [np.empty(0, np.float32), *(chunk.to_numpy(zero_copy_only=False) for chunk in chunks)]
    return np.concatenate(seconds, dtype=np.float32, casting="same_kind")


def _ids_in_order(events: Path, time: Times) -> bool:
    """Whether event ids never decrease among equal times."""
    same = np.flatnonzero(time[1:] == time[:-1])
    asked = np.union1d(same, same + 1)
    found, start = [pa.array([], pa.string())], 0
    for chunk in _column(events, "event_id").chunks:
        inside = asked[np.searchsorted(asked, start) : np.searchsorted(asked, start + len(chunk))]
        found.append(chunk.take(pa.array(inside - start)))
        start += len(chunk)
    ids = pa.concat_arrays(found)
    this, following = (ids.take(pa.array(np.searchsorted(asked, at))) for at in (same, same + 1))
    return bool(pc.all(pc.less_equal(this, following), skip_nulls=False, min_count=0).as_py())


def _once_each(ids: pa.ChunkedArray) -> bool:
    return ids.null_count == 0 and len(ids.unique()) == len(ids)


def _texts(path: Path, name: str, n: int) -> Texts | None:
    """The first n rows of a column, and only the texts that they have; None where one is missing."""
    column = _column(path, name, as_dictionary=True).slice(0, n)
    if column.null_count:
        return None
    chunks = column.unify_dictionaries().chunks or [pa.array([], pa.string()).dictionary_encode()]
    at = np.concatenate([chunk.indices.to_numpy() for chunk in chunks])
    names, used = chunks[0].dictionary, np.zeros(len(chunks[0].dictionary), bool)
    used[at] = True
    if used.all():
        return Texts(names, at)
    return Texts(names.filter(pa.array(used)), (np.cumsum(used, dtype=np.int32) - np.int32(1))[at])


def _sorted_ids(names: pa.Array) -> tuple[pa.Array, Ids]:
    """Texts in the order of their bytes, and the same as ids."""
    ordered = names.take(pc.array_sort_indices(names))
    return ordered, Ids(np.array(ordered.cast(pa.binary()).to_pylist(), np.bytes_))


def _storable(names: pa.Array) -> bool:
    """Whether all of these can be ids."""
    return not pc.any(pc.or_(pc.equal(names, ""), pc.ends_with(names, "\0"))).as_py()


def _catalogue(names: pa.Array, ids: Ids, listed: pa.Table) -> tuple[Catalogue, Floats]:
    """The catalogue, and the (n_videos,) lengths in seconds, NaN where unknown."""
    row = pc.index_in(listed["video_id"], names).to_numpy()
    published, duration_s = np.full(len(ids), NEVER), np.full(len(ids), np.nan, np.float32)
    published[row], duration_s[row] = milliseconds(listed["published_at"]), listed["duration_s"].to_numpy()
    return Catalogue(ids, published), duration_s


def _weight(
    pool: ThreadPoolExecutor, weights: EventWeights, kind: Rows, watched_s: Floats, duration_s: Floats, video: Rows
) -> Floats:
    """(n_events,) what each event says of taste."""
    weight = np.empty(len(kind), np.float32)

    def piece(start: int) -> None:
        at = slice(start, start + ROWS_AT_ONCE)
        weight[at] = weights.weigh(kind[at], watched_s[at], duration_s[video[at]])

    list(pool.map(piece, range(0, len(kind), ROWS_AT_ONCE)))
    return weight
