"""Impressions: what was shown as one list a column instead of one object a video, which is less than half as long."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

EACH = ("video_id", "score", "propensity", "source")
AT_ONCE = 1000
IMPRESSIONS = sa.table("impressions", sa.column("request_id"), sa.column("shown"))


def upgrade() -> None:
    _rewrite(lambda videos: {name: [one[name] for one in videos] for name in EACH})


def downgrade() -> None:
    _rewrite(lambda columns: [dict(zip(EACH, one, strict=True)) for one in zip(*columns.values(), strict=True)])


def _rewrite(changed: Callable[[Any], Any]) -> None:
    """Change every row's JSON, a thousand rows at a time."""
    connection, last = op.get_bind(), ""
    this = IMPRESSIONS.c.request_id
    put = sa.update(IMPRESSIONS).where(this == sa.bindparam("id")).values(shown=sa.bindparam("new"))
    while rows := connection.execute(sa.select(IMPRESSIONS).where(this > last).order_by(this).limit(AT_ONCE)).all():
        compact = [
            {"id": request_id, "new": json.dumps(changed(json.loads(shown)), separators=(",", ":"))}
            for request_id, shown in rows
        ]
        connection.execute(put, compact)
        last = rows[-1][0]
