"""The relational part of the join, as Ibis expressions that any engine runs: DuckDB on one machine, Spark on many.

Ids become codes: the position of an id among all ids in the order of their UTF-8 bytes, as `recsys.ids.Ids` sorts
them. An engine must therefore compare text byte by byte; `reading` checks that it did.
"""

from datetime import UTC, datetime, timedelta

import ibis
import ibis.expr.types as ir

from recsys.schema import EVENT_TYPES

EVENT_COLUMNS = ("viewer", "video", "time", "kind", "watched_s", "duration_s")


def before(events: ir.Table, cutoff_ms: int | None) -> ir.Table:
    """Only the events strictly before a time; all without one."""
    if cutoff_ms is None:
        return events
    cutoff = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=cutoff_ms)
    return events.filter(events.occurred_at < ibis.literal(cutoff, type="timestamp('UTC')"))


def viewer_codes(events: ir.Table) -> ir.Table:
    """`viewer_id`, `viewer`: everyone who has an event."""
    return _coded(events.select("viewer_id").distinct(), "viewer_id", "viewer")


def video_codes(events: ir.Table, videos: ir.Table) -> ir.Table:
    """`video_id`, `video`, `duration_s`, `published_at`: the catalogue, and what events name beside it."""
    listed = videos.select("video_id", "duration_s", "published_at")
    seen = events.select("video_id").distinct()
    nothing = {name: ibis.null(listed[name].type()) for name in ("duration_s", "published_at")}
    every = listed.union(seen.mutate(**nothing)).group_by("video_id")
    each = every.agg(duration_s=lambda t: t.duration_s.max(), published_at=lambda t: t.published_at.min())
    return _coded(each, "video_id", "video")


def coded_events(events: ir.Table, viewers: ir.Table, videos: ir.Table) -> ir.Table:
    """`EVENT_COLUMNS` of each event, in the order of time and, within one time, of event ids.

    Args:
        events: rows of `schema.EVENTS`.
        viewers: what `viewer_codes` gives.
        videos: what `video_codes` gives.
    """
    joined = events.inner_join(viewers, "viewer_id").inner_join(videos, "video_id")
    kinds = [(name, position) for position, name in enumerate(EVENT_TYPES)]
    rows = joined.select(
        "event_id",
        "viewer",
        "video",
        time=joined.occurred_at,
        kind=joined.event_type.cases(*kinds, else_=-1).cast("int8"),
        watched_s=joined.watched_s.cast("float32"),
        duration_s=joined.duration_s.cast("float32"),
    )
    return rows.order_by("time", "event_id").select(*EVENT_COLUMNS)


def expressions(events: ir.Table, videos: ir.Table, cutoff_ms: int | None = None) -> ir.Table:
    """The whole relational part in one expression: coded events before the cutoff, in time order."""
    known = before(events, cutoff_ms)
    return coded_events(known, viewer_codes(known), video_codes(known, videos))


def _coded(ids: ir.Table, name: str, code: str) -> ir.Table:
    row = ibis.row_number().over(ibis.window(order_by=ids[name]))
    return ids.mutate(**{code: row.cast("int32")})
