"""What was shown is written after the answer, in batches, and at shutdown."""

import asyncio

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from service.impressions import ImpressionLog
from service.schemas.recommendations import Recommendations, RecommendedVideo
from service.storage.migrate import migrate
from service.storage.store import Store


def stored(store_url: str) -> list:
    engine = create_engine(store_url)
    with engine.connect() as connection:
        found = list(connection.execute(text("select * from impressions order by request_id, position")).mappings())
    engine.dispose()
    return found


def test_what_was_shown_is_written_with_position_and_propensity(client, settings, until):
    answer = client.get("/v1/viewers/u/recommendations?n=3").json()
    until(lambda: len(stored(settings.store_url)) == 3)
    for position, (row, video) in enumerate(zip(stored(settings.store_url), answer["videos"], strict=True)):
        assert row["request_id"] == answer["request_id"]
        assert (row["viewer_id"], row["position"], row["video_id"]) == ("u", position, video["video_id"])
        assert (row["score"], row["propensity"], row["source"]) == (video["score"], 1.0, video["source"])
        assert row["bundle"] == answer["bundle"]


def test_log_false_writes_nothing(client, settings, until):
    client.get("/v1/viewers/u/recommendations?log=false")
    client.post("/v1/recommendations", json={"viewer_id": "u", "log": False})
    client.get("/v1/videos/video-000/similar?log=false")
    last = client.get("/v1/viewers/u/recommendations?n=1").json()
    until(lambda: stored(settings.store_url))
    assert [row["request_id"] for row in stored(settings.store_url)] == [last["request_id"]]


def shown(request_id: str, n: int) -> Recommendations:
    video = {"video_id": "v", "title": None, "score": 1.0, "state": "warm", "source": "content", "reasons": []}
    return Recommendations.model_construct(
        request_id=request_id,
        viewer_id="u",
        bundle="b",
        as_of=1,
        videos=[RecommendedVideo.model_construct(**video)] * n,
    )


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
    assert len(stored(str(store.engine.url))) == 3


def test_shutting_down_writes_what_waits(serve, settings):
    slow = settings.model_copy(update={"flush_s": 60.0})
    client = serve(slow)
    client.get("/v1/viewers/u/recommendations?n=5")
    assert stored(settings.store_url) == []
    serve.stop()
    assert len(stored(settings.store_url)) == 5
