"""The context of what was shown; when tags changed; events by time."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("impressions", sa.Column("context", sa.Text))
    op.add_column("tags", sa.Column("changed_at", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.create_index("ix_tags_changed_at", "tags", ["changed_at"])
    op.create_index("ix_events_occurred_at", "events", ["occurred_at"])


def downgrade() -> None:
    op.drop_index("ix_events_occurred_at", "events")
    op.drop_index("ix_tags_changed_at", "tags")
    op.drop_column("tags", "changed_at")
    op.drop_column("impressions", "context")
