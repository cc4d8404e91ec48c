"""The context of what was shown; when tags changed; events by time; experiments."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("impressions", sa.Column("context", sa.Text))
    op.add_column("tags", sa.Column("changed_at", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.create_index("ix_tags_changed_at", "tags", ["changed_at"])
    op.create_index("ix_events_occurred_at", "events", ["occurred_at"])
    op.create_index("ix_impressions_shown_at", "impressions", ["shown_at"])
    tried = sa.text("variant IS NOT NULL")
    op.create_index("ix_impressions_variant", "impressions", ["variant"], sqlite_where=tried, postgresql_where=tried)
    op.create_table(
        "experiments",
        sa.Column("experiment_id", sa.String(64), primary_key=True),
        sa.Column("variants", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )


def downgrade() -> None:
    op.drop_table("experiments")
    op.drop_index("ix_impressions_variant", "impressions")
    op.drop_index("ix_impressions_shown_at", "impressions")
    op.drop_index("ix_events_occurred_at", "events")
    op.drop_index("ix_tags_changed_at", "tags")
    op.drop_column("tags", "changed_at")
    op.drop_column("impressions", "context")
