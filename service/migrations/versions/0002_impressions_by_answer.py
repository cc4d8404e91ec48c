"""Impressions: one row an answer instead of one a video."""

import json
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(200)
WHOLE = ("request_id", "viewer_id", "bundle", "variant", "shown_at")
EACH = ("video_id", "score", "propensity", "source")
AT_ONCE = 1000


def upgrade() -> None:
    op.drop_index("ix_impressions_viewer_id", "impressions")
    op.rename_table("impressions", "impressions_by_video")
    op.create_table(
        "impressions",
        sa.Column("request_id", ID, primary_key=True),
        sa.Column("viewer_id", ID),
        sa.Column("bundle", sa.String(32), nullable=False),
        sa.Column("variant", ID),
        sa.Column("shown_at", sa.BigInteger, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
    )
    op.create_index("ix_impressions_viewer_id", "impressions", ["viewer_id", "shown_at"])
    old = sa.table("impressions_by_video", *map(sa.column, (*WHOLE, "position", *EACH)))
    rows = op.get_bind().execute(sa.select(old).order_by(old.c.request_id, old.c.position)).mappings()
    answers = []
    for _, videos in groupby(rows, lambda row: row["request_id"]):
        shown = list(videos)
        listed = [{name: one[name] for name in EACH} for one in shown]
        answers.append({**{name: shown[0][name] for name in WHOLE}, "shown": json.dumps(listed)})
        if len(answers) == AT_ONCE:
            _insert(answers)
            answers = []
    _insert(answers)
    op.drop_table("impressions_by_video")


def _insert(answers: list[dict[str, object]]) -> None:
    new = sa.table("impressions", *map(sa.column, (*WHOLE, "shown")))
    if answers:
        op.get_bind().execute(sa.insert(new), answers)


def downgrade() -> None:
    op.drop_index("ix_impressions_viewer_id", "impressions")
    op.drop_table("impressions")
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
