"""The tags that viewers liked, muted or forgot themselves."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, select

from service.storage.rows import Row, put
from service.storage.tables import VIEWER_TAGS


def viewer_tags(connection: Connection, viewer_id: str) -> Sequence[RowMapping]:
    """A viewer's stated tags: tag_id, state, weight, set_at."""
    of_viewer = select(VIEWER_TAGS).where(VIEWER_TAGS.c.viewer_id == viewer_id)
    return connection.execute(of_viewer.order_by(VIEWER_TAGS.c.tag_id)).mappings().all()


def state_tags(connection: Connection, viewer_id: str, stated: Sequence[Row], now: int) -> None:
    """Write what a viewer states of tags; each row has tag_id, state and weight."""
    put(connection, VIEWER_TAGS, [{"viewer_id": viewer_id, **one, "set_at": now} for one in stated])


def unstate_tags(connection: Connection, viewer_id: str, tag_ids: Sequence[str]) -> None:
    """Take back what a viewer stated of these tags."""
    if tag_ids:
        mine = VIEWER_TAGS.c.viewer_id == viewer_id
        connection.execute(delete(VIEWER_TAGS).where(mine, VIEWER_TAGS.c.tag_id.in_(tag_ids)))
