"""The store's tables: those of `recsys.schema`, plus what only the service needs."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
    true,
)
from sqlalchemy.types import TypeEngine

from recsys import schema
from recsys.tags.jobs import JOB_TABLES

_TYPES: dict[str, TypeEngine[Any]] = {
    "id": String(schema.MAX_ID_LENGTH), "text": Text(), "choice": String(32), "json": Text(),
    "time": BigInteger(), "real": Double(), "whole": BigInteger(), "flag": Boolean(),
}  # fmt: skip


def _service_columns(table: str) -> tuple[Column[Any], ...]:
    """What only the service keeps.

    changed_at: ms, later at every write; of tags 0 until one is edited. origin: `api`, or the hash of the tables that
    the video was loaded from. deleted: a deleted video's row stays, so that every worker learns of it.
    """
    changed_at: Column[Any] = Column("changed_at", BigInteger, nullable=False, server_default=text("0"))
    if table == "videos":
        deleted: Column[Any] = Column("deleted", Boolean, nullable=False, server_default=false())
        return changed_at, Column("origin", String(64)), deleted
    return (changed_at,) if table == "tags" else ()


def _column(table: schema.Table, column: schema.Column) -> Column[Any]:
    is_key = column.name in table.key
    filled = column.required or is_key or column.default is not None
    return Column(
        column.name, _TYPES[column.kind], primary_key=is_key, nullable=not filled, server_default=_default(column)
    )


def _default(column: schema.Column) -> Any:
    if isinstance(column.default, bool):
        return true() if column.default else false()
    if isinstance(column.default, float | int):
        return text(str(column.default))
    return column.default


def _table(metadata: MetaData, table: schema.Table) -> Table:
    shared = [_column(table, column) for column in table.columns]
    return Table(table.name, metadata, *shared, *_service_columns(table.name))


METADATA = MetaData()
for _one in (*schema.TABLES.values(), *JOB_TABLES.values()):
    _table(METADATA, _one)

VIDEOS = METADATA.tables["videos"]
TAGS = METADATA.tables["tags"]
TAG_NAMES = METADATA.tables["tag_names"]
TAGGINGS = METADATA.tables["taggings"]
TAG_JOBS = METADATA.tables["tag_jobs"]
CALLBACKS = METADATA.tables["callbacks"]
CALLBACK_TARGETS = METADATA.tables["callback_targets"]
VIEWERS = METADATA.tables["viewers"]
VIEWER_TAGS = METADATA.tables["viewer_tags"]
EVENTS = METADATA.tables["events"]
IMPRESSIONS = Table(
    "impressions",
    METADATA,
    Column("request_id", String(schema.MAX_ID_LENGTH), primary_key=True),
    Column("viewer_id", String(schema.MAX_ID_LENGTH)),
    Column("bundle", String(32), nullable=False),
    Column("variant", String(schema.MAX_ID_LENGTH)),
    Column("shown_at", BigInteger, nullable=False),
    Column("shown", Text, nullable=False),
    Column("context", Text),
)
"""What was shown to whom: one row an answer, `shown` a JSON object of lists, best first: of each video its video_id,
score, propensity and source.

A row a video would cost twenty times as much to write as the answer did to make. Written after the answer: a killed
process loses the last.
"""
FORGOTTEN = Table(
    "forgotten",
    METADATA,
    Column("viewer_hash", String(64), primary_key=True),
    Column("forgotten_at", BigInteger, nullable=False),
)
"""Viewers forgotten lately, by sha256: what was shown to them earlier and is not written yet never will be."""
EXPERIMENTS = Table(
    "experiments",
    METADATA,
    Column("experiment_id", String(64), primary_key=True),
    Column("variants", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)
"""What is tried on viewers: `variants` a JSON list of name, weight, bundle and request, the control first."""
API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("key_id", String(12), primary_key=True),
    Column("key_hash", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("tenant", String(40), nullable=False),
    Column("scope", String(8), nullable=False),
    Column("per_minute", BigInteger),
    Column("last_four", String(4), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
"""Who may ask: only the default tenant's store has rows here. `key_hash` is sha256, `scope` read, write or admin."""

Index("ix_events_viewer_id", EVENTS.c.viewer_id, EVENTS.c.occurred_at, EVENTS.c.event_id)
Index("ix_events_video_id", EVENTS.c.video_id)
Index("ix_events_occurred_at", EVENTS.c.occurred_at)
Index("ix_videos_changed_at", VIDEOS.c.changed_at)
Index("ix_taggings_tag_id", TAGGINGS.c.tag_id)
Index("ix_tags_changed_at", TAGS.c.changed_at)
Index("ix_tag_names_name", TAG_NAMES.c.name)
Index("ix_impressions_shown_at", IMPRESSIONS.c.shown_at)
_OF_A_VARIANT = IMPRESSIONS.c.variant.is_not(None)
Index("ix_impressions_variant", IMPRESSIONS.c.variant, sqlite_where=_OF_A_VARIANT, postgresql_where=_OF_A_VARIANT)
Index("ix_tag_jobs_job_key", TAG_JOBS.c.job_key, unique=True)
Index("ix_tag_jobs_state", TAG_JOBS.c.state, TAG_JOBS.c.due_at)
Index("ix_tag_jobs_video_id", TAG_JOBS.c.video_id, TAG_JOBS.c.finished_at)
Index("ix_callbacks_state", CALLBACKS.c.state, CALLBACKS.c.due_at)

Index("ix_impressions_viewer_id", IMPRESSIONS.c.viewer_id, IMPRESSIONS.c.shown_at)
