import ibis
import pytest

from pipelines.join.relational import EVENT_COLUMNS, expressions
from recsys.schema import TABLES
from recsys.tables import arrow_schema


def unbound(name: str) -> ibis.expr.types.Table:
    return ibis.table(ibis.Schema.from_pyarrow(arrow_schema(TABLES[name])), name=name)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "trino", "bigquery"])
def test_the_expressions_compile_for_other_engines(dialect):
    sql = str(ibis.to_sql(expressions(unbound("events"), unbound("videos"), 1_700_000_000_000), dialect=dialect))
    assert "ROW_NUMBER() OVER" in sql
    assert "ORDER BY" in sql


@pytest.mark.parametrize("seed", range(4))
def test_codes_are_positions_in_byte_order_and_rows_come_in_time_order(seed, random_tables, folder):
    tables = random_tables(seed)
    written, backend = folder(tables), ibis.duckdb.connect()
    events, videos = (backend.read_parquet(written / f"{name}.parquet") for name in ("events", "videos"))
    rows = expressions(events, videos).execute()
    assert tuple(rows.columns) == EVENT_COLUMNS
    expected = tables.events.sort_values(["occurred_at", "event_id"])
    viewers = sorted(set(expected.viewer_id), key=str.encode)
    catalogue = sorted({*expected.video_id, *tables.videos.video_id}, key=str.encode)
    assert rows.viewer.tolist() == [viewers.index(one) for one in expected.viewer_id]
    assert rows.video.tolist() == [catalogue.index(one) for one in expected.video_id]
    backend.disconnect()
