"""What was shown is written after the answer, in batches, and at shutdown."""

import asyncio
import json

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from service.found import Found, Ranked
from service.impressions import ImpressionLog
from service.schemas.recommendations import RecommendedVideo
from service.storage.migrate import migrate
from service.storage.store import Store


def stored(store_url: str) -> list:
    engine = create_engine(store_url)
    with engine.connect() as connection:
        found = list(connection.execute(text("select * from impressions order by request_id")).mappings())
    engine.dispose()
    return found


def n_videos(store_url: str) -> int:
    return sum(len(json.loads(row["shown"])["video_id"]) for row in stored(store_url))


def test_what_was_shown_is_written_with_position_and_propensity(client, settings, until):
    answer = client.get("/v1/viewers/u/recommendations?n=3").json()
    until(lambda: stored(settings.store_url))
    [row] = stored(settings.store_url)
    assert (row["request_id"], row["viewer_id"], row["bundle"]) == (answer["request_id"], "u", answer["bundle"])
    written = json.loads(row["shown"])
    for name in ("video_id", "source", "propensity"):
        assert written[name] == [video[name] for video in answer["videos"]]
    assert written["score"] == pytest.approx([video["score"] for video in answer["videos"]], rel=1e-6)
    assert written["propensity"] == [1.0] * 3


def test_an_answer_as_json_is_the_model_as_json():
    found = shown("a", 3)
    assert found.json().decode() == found.model().model_dump_json()


def test_log_false_writes_nothing(client, settings, until):
    client.get("/v1/viewers/u/recommendations?log=false")
    client.post("/v1/recommendations", json={"viewer_id": "u", "log": False})
    client.get("/v1/videos/video-000/similar?log=false")
    last = client.get("/v1/viewers/u/recommendations?n=1").json()
    until(lambda: stored(settings.store_url))
    assert [row["request_id"] for row in stored(settings.store_url)] == [last["request_id"]]


def shown(request_id: str, n: int) -> Found:
    video = RecommendedVideo(
        video_id="v", title=None, score=1.0, state="warm", source="content", propensity=1.0, reasons=[]
    )
    return Found(request_id, "u", "b", 1_700_000_000_123, Ranked.of([video] * n, None, 7))


@pytest.fixture
def store(tmp_path):
    one = Store.open(f"sqlite:///{tmp_path}/own.db", busy_timeout_s=0.05)
    migrate(one)
    yield one
    one.close()


def test_a_full_queue_drops_and_counts(store: Store):
    log = ImpressionLog(store, most=5)
    for request_id in ("a", "b", "c"):
        log.add(shown(request_id, 2))
    assert (len(log), log.n_dropped) == (4, 2)


def test_what_could_not_be_written_waits_on(store: Store):
    log = ImpressionLog(store, most=100)
    log.add(shown("a", 3))
    with store.engine.execution_options(tagreel_writes=True).begin():  # another writer
        with pytest.raises(OperationalError):
            asyncio.run(log.flush())
        assert len(log) == 3
    asyncio.run(log.flush())
    assert len(log) == 0
    assert n_videos(str(store.engine.url)) == 3


def test_shutting_down_writes_what_waits(serve, settings):
    slow = settings.model_copy(update={"flush_s": 60.0})
    client = serve(slow)
    client.get("/v1/viewers/u/recommendations?n=5")
    assert stored(settings.store_url) == []
    serve.stop()
    assert n_videos(settings.store_url) == 5
