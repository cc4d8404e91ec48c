from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, text

from pipelines.config import StoreConfig
from pipelines.ingest.config import FileConfig
from pipelines.ingest.run import ingest
from pipelines.load import load
from pipelines.store import opened_store
from recsys.errors import ConfigError, DataError
from recsys.schema import TABLES

EVENTS = """event_id,viewer_id,video_id,event_type,occurred_at,watched_s
e1,anna,cats,play,2026-01-01T00:00:00Z,12.5
e2,ben,dogs,like,2026-01-02T00:00:00Z,
"""
VIDEOS = "video_id,title,published_at,duration_s\ncats,All the cats,2025-12-31T00:00:00Z,30\n"
TAG_NAMES = "tag_id,name,is_alias\nt1,cat,false\nt1,kitty,true\n"


@pytest.fixture
def ingested(make_config, tmp_path, store_url):
    given = {}
    for name, content in (("events", EVENTS), ("videos", VIDEOS), ("tag_names", TAG_NAMES)):
        (tmp_path / f"{name}.csv").write_text(content)
        given[name] = FileConfig(path=tmp_path / f"{name}.csv")
    config = make_config(store=store_url, **given)
    ingest(config)
    return config


def rows(url, sql):
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(sql))]
    engine.dispose()
    return found


def change(url, sql):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(sql))
    engine.dispose()


def test_times_become_ms_and_flags_booleans(ingested, store_url):
    summary = load(ingested)
    assert rows(store_url, "SELECT event_id, occurred_at, watched_s FROM events ORDER BY 1") == [
        ("e1", 1767225600000, 12.5), ("e2", 1767312000000, None)]  # fmt: skip
    assert rows(store_url, "SELECT name, is_alias FROM tag_names ORDER BY 1") == [("cat", 0), ("kitty", 1)]
    assert summary.rows["videos"] == 2
    assert "events: 2 rows are in the store" in summary.lines()


def test_loading_again_changes_nothing(ingested, store_url):
    load(ingested)
    before = rows(store_url, "SELECT * FROM videos ORDER BY 1"), rows(store_url, "SELECT * FROM events ORDER BY 1")
    load(ingested)
    assert (
        rows(store_url, "SELECT * FROM videos ORDER BY 1"), rows(store_url, "SELECT * FROM events ORDER BY 1")
    ) == before  # fmt: skip


def test_a_known_event_is_never_edited(ingested, store_url):
    change(store_url, "INSERT INTO events (event_id, viewer_id, video_id, event_type, occurred_at) "
                      "VALUES ('e1', 'carl', 'cats', 'hide', 5)")  # fmt: skip
    load(ingested)
    assert rows(store_url, "SELECT viewer_id, occurred_at FROM events WHERE event_id = 'e1'") == [("carl", 5)]


def test_an_unknown_value_erases_none_that_the_store_knows(ingested, store_url):
    change(store_url, "INSERT INTO videos (video_id, title, language) VALUES ('dogs', 'All the dogs', 'en'), "
                      "('cats', 'Old title', 'en')")  # fmt: skip
    load(ingested)
    assert rows(store_url, "SELECT video_id, title, language, duration_s FROM videos ORDER BY 1") == [
        ("cats", "All the cats", "en", 30.0), ("dogs", "All the dogs", "en", None)]  # fmt: skip


def test_videos_are_marked_with_their_origin_and_when_they_changed(ingested, store_url):
    origin = load(ingested).origin
    marks = rows(store_url, "SELECT DISTINCT origin, changed_at > 1700000000000 FROM videos")
    assert marks == [(origin, 1)]


def test_a_viewers_later_word_on_a_tag_stays(make_config, tmp_path, store_url):
    (tmp_path / "viewer_tags.csv").write_text(
        "viewer_id,tag_id,state,set_at\nanna,t1,liked,2026-01-01\nanna,t2,liked,2026-01-01\n"
    )
    config = make_config(store=store_url, viewer_tags=FileConfig(path=tmp_path / "viewer_tags.csv"))
    ingest(config)
    change(store_url, "INSERT INTO viewer_tags VALUES ('anna', 't1', 'muted', 1, 1800000000000), "
                      "('anna', 't2', 'muted', 1, 1700000000000)")  # fmt: skip
    load(config)
    assert rows(store_url, "SELECT tag_id, state FROM viewer_tags ORDER BY 1") == [("t1", "muted"), ("t2", "liked")]


def test_what_was_loaded_is_read_back_the_same(ingested, make_config, store_url):
    load(ingested)
    again = make_config(store=store_url, workspace="again", kind="store")
    summary = ingest(again)
    assert summary.rejects == {}
    for name in TABLES:
        one, two = (pq.read_table(c.folders.tables / f"{name}.parquet") for c in (ingested, again))
        assert one.equals(two), name


def test_deleted_videos_are_not_read_back(ingested, make_config, store_url):
    load(ingested)
    change(store_url, "UPDATE videos SET deleted = 1 WHERE video_id = 'cats'")
    ingest(make_config(store=store_url, workspace="again", kind="store"))
    videos = pq.read_table(make_config(workspace="again").folders.tables / "videos.parquet").to_pylist()
    assert {one["video_id"]: one["title"] for one in videos} == {"cats": None, "dogs": None}


def test_a_store_without_tables_says_to_migrate(ingested, tmp_path, make_config):
    with pytest.raises(DataError, match=r"no table videos, tags.*tagreel migrate"):
        ingest(make_config(kind="store", store=f"sqlite:///{tmp_path / 'empty.db'}"))


def test_load_without_a_store_or_without_tables_says_what_to_do(make_config, store_url):
    with pytest.raises(ConfigError, match=r"store\.url is not set"):
        load(make_config())
    with pytest.raises(DataError, match="run `tagreel ingest` first"):
        load(make_config(store=store_url))


@pytest.mark.parametrize("url, says", [
    ("nonsense", "is not an address"), ("mysql://x/y", "is for mysql; sqlite or postgresql work"),
    ("nosuch://x/y", "is for nosuch"), ("postgresql+nodriver://x/y", "needs the extra 'postgres'"),
])  # fmt: skip
def test_a_bad_address_is_a_clear_error(url, says):
    with pytest.raises(Exception, match=says), opened_store(url):
        pass


def test_a_database_error_hides_the_password(tmp_path):
    with pytest.raises(DataError, match="failed"), opened_store(f"sqlite:///{tmp_path}/no/such/folder/x.db"):
        pass


def test_an_address_may_come_from_the_environment(ingested, store_url, monkeypatch):
    monkeypatch.setenv("SHOP_STORE", store_url)
    assert load(replace(ingested, store=StoreConfig(url="$SHOP_STORE"))).rows["events"] == 2
    with pytest.raises(ConfigError, match="the environment has no NO_STORE; set it"):
        load(replace(ingested, store=StoreConfig(url="$NO_STORE")))


def test_the_stores_own_tables_take_and_give_back_the_same_rows(ingested, make_config, tmp_path):
    from service.storage.tables import METADATA

    engine = create_engine(f"sqlite:///{tmp_path / 'own.db'}")
    METADATA.create_all(engine)
    engine.dispose()
    url = f"sqlite:///{tmp_path / 'own.db'}"
    load(replace(ingested, store=StoreConfig(url=url)))
    again = make_config(store=url, workspace="again", kind="store")
    assert ingest(again, strict=True).content_hash == ingest(ingested).content_hash
