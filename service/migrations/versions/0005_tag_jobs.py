"""Jobs that find tags, and callbacks that tell of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(200)


def upgrade() -> None:
    op.create_table(
        "tag_jobs",
        sa.Column("job_id", ID, primary_key=True),
        sa.Column("job_key", ID),
        sa.Column("video_id", ID, nullable=False),
        sa.Column("input", sa.String(32), nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("payload", sa.Text),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("priority", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("state", sa.String(32), nullable=False, server_default="queued"),
        sa.Column("progress", sa.Text),
        sa.Column("attempts", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("worker", ID),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("result", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
    )
    op.create_index("ix_tag_jobs_job_key", "tag_jobs", ["job_key"], unique=True)
    op.create_index("ix_tag_jobs_state", "tag_jobs", ["state", "due_at"])
    op.create_index("ix_tag_jobs_video_id", "tag_jobs", ["video_id", "finished_at"])
    op.create_table(
        "callbacks",
        sa.Column("callback_id", ID, primary_key=True),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("form", sa.String(32), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(32), nullable=False, server_default="waiting"),
        sa.Column("attempts", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("delivered_at", sa.BigInteger),
    )
    op.create_index("ix_callbacks_state", "callbacks", ["state", "due_at"])
    op.create_table(
        "callback_targets",
        sa.Column("form", sa.String(32), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in ("callback_targets", "callbacks", "tag_jobs"):
        op.drop_table(table)
