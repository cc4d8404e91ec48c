"""Videos that only events or tags name: they get a row with nothing but their id, so that every id is whole."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.ingest.output import OUT_ROWS, write_table
from recsys.schema import TABLES
from recsys.tables import arrow_schema

NAMED_BY = ("events", "taggings", "tag_occurrences")


def add_bare_videos(folder: Path) -> int:
    """Rewrite `videos.parquet` with the ids that the other tables name and it lacks; returns how many those are."""
    path = folder / "videos.parquet"
    with duckdb.connect() as connection:
        named = [connection.read_parquet(str(folder / f"{name}.parquet")).project("video_id") for name in NAMED_BY]
        union = named[0].union(named[1]).union(named[2]).distinct()
        known = connection.read_parquet(str(path)).project("video_id")
        missing = union.except_(known).order("video_id").to_arrow_table()
    if not missing.num_rows:
        return 0
    schema = arrow_schema(TABLES["videos"])
    bare = {name: pa.nulls(missing.num_rows, schema.field(name).type) for name in schema.names}
    bare["video_id"] = missing["video_id"].combine_chunks().cast(pa.string())
    videos = pa.concat_tables([pq.read_table(path), pa.table(bare, schema=schema)])
    write_table(TABLES["videos"], videos.sort_by("video_id").combine_chunks().to_batches(OUT_ROWS), path)
    return int(missing.num_rows)
