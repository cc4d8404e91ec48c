"""Statements that are compiled once."""

from typing import Any

import pytest
from sqlalchemy import func, select

from service.storage.prepared import PreparedInsert
from service.storage.store import Store
from service.storage.tables import EVENTS


def event(n: int, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(EVENTS.c.keys()) | {"event_id": f"e{n:05d}", "viewer_id": f"u{n % 7}", "video_id": "v'\u00e9"}
    return row | {"event_type": "play", "occurred_at": n, **more}


@pytest.mark.parametrize("n", [0, 1, 4, 5, 351, 1000])
def test_every_row_is_inserted_as_it_is(store: Store, n: int):
    rows = [event(at, value=at / 3, watched_s=None if at % 2 else 1.5) for at in range(n)]
    store.write_now(lambda connection: PreparedInsert(EVENTS).add(connection, rows))
    with store.reading() as connection:
        found = connection.execute(select(EVENTS).order_by(EVENTS.c.event_id)).mappings().all()
    assert [dict(one) for one in found] == rows


def test_rows_whose_key_is_there_stay_as_they_were(store: Store):
    insert = PreparedInsert(EVENTS)
    first = [event(at) for at in range(0, 400, 2)]
    again = [event(at, event_type="like") for at in [*range(400), 7, 7]]
    for rows in (first, again):
        store.write_now(lambda connection, rows=rows: insert.add(connection, rows))
    with store.reading() as connection:
        counted = connection.execute(select(EVENTS.c.event_type, func.count()).group_by(EVENTS.c.event_type)).all()
    assert dict(map(tuple, counted)) == {"play": 200, "like": 200}
