"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(200)


def upgrade() -> None:
    _videos()
    _tags()
    _viewers()
    _behaviour()


def downgrade() -> None:
    for table in (
        "forgotten", "impressions", "events", "viewer_tags", "viewers",
        "tag_occurrences", "taggings", "tag_names", "tags", "videos",
    ):  # fmt: skip
        op.drop_table(table)


def _videos() -> None:
    op.create_table(
        "videos",
        sa.Column("video_id", ID, primary_key=True),
        sa.Column("title", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("published_at", sa.BigInteger),
        sa.Column("duration_s", sa.Double),
        sa.Column("available_from", sa.BigInteger),
        sa.Column("available_until", sa.BigInteger),
        sa.Column("attributes", sa.Text),
        sa.Column("changed_at", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("origin", sa.String(64)),
        sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_videos_changed_at", "videos", ["changed_at"])


def _tags() -> None:
    op.create_table(
        "tags",
        sa.Column("tag_id", ID, primary_key=True),
        sa.Column("dimension", sa.String(32), nullable=False, server_default="custom"),
        sa.Column("parent_id", ID),
        sa.Column("status", sa.String(32), nullable=False, server_default="active"),
        sa.Column("merged_into", ID),
    )
    op.create_table(
        "tag_names",
        sa.Column("tag_id", ID, primary_key=True),
        sa.Column("language", sa.Text, primary_key=True, server_default="en"),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("is_alias", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_tag_names_name", "tag_names", ["name"])
    op.create_table(
        "taggings",
        sa.Column("video_id", ID, primary_key=True),
        sa.Column("tag_id", ID, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True, server_default="editor"),
        sa.Column("confidence", sa.Double),
        sa.Column("known_at", sa.BigInteger),
        sa.Column("withdrawn_at", sa.BigInteger),
    )
    op.create_index("ix_taggings_tag_id", "taggings", ["tag_id"])
    op.create_table(
        "tag_occurrences",
        sa.Column("video_id", ID, primary_key=True),
        sa.Column("tag_id", ID, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True, server_default="editor"),
        sa.Column("start_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("end_ms", sa.BigInteger, nullable=False),
        sa.Column("confidence", sa.Double),
        sa.Column("box", sa.Text),
    )


def _viewers() -> None:
    op.create_table(
        "viewers",
        sa.Column("viewer_id", ID, primary_key=True),
        sa.Column("attributes", sa.Text),
    )
    op.create_table(
        "viewer_tags",
        sa.Column("viewer_id", ID, primary_key=True),
        sa.Column("tag_id", ID, primary_key=True),
        sa.Column("state", sa.String(32), nullable=False, server_default="liked"),
        sa.Column("weight", sa.Double, nullable=False, server_default=sa.text("1.0")),
        sa.Column("set_at", sa.BigInteger),
    )
    op.create_table(
        "forgotten",
        sa.Column("viewer_hash", sa.String(64), primary_key=True),
        sa.Column("forgotten_at", sa.BigInteger, nullable=False),
    )


def _behaviour() -> None:
    op.create_table(
        "events",
        sa.Column("event_id", ID, primary_key=True),
        sa.Column("viewer_id", ID, nullable=False),
        sa.Column("video_id", ID, nullable=False),
        sa.Column("event_type", sa.String(32), nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("watched_s", sa.Double),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger),
        sa.Column("request_id", ID),
        sa.Column("context", sa.Text),
    )
    op.create_index("ix_events_viewer_id", "events", ["viewer_id", "occurred_at", "event_id"])
    op.create_index("ix_events_video_id", "events", ["video_id"])
    op.create_table(
        "impressions",
        sa.Column("request_id", ID, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("viewer_id", ID),
        sa.Column("video_id", ID, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("propensity", sa.Double, nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("bundle", sa.String(32), nullable=False),
        sa.Column("variant", ID),
        sa.Column("shown_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_impressions_viewer_id", "impressions", ["viewer_id", "shown_at"])
