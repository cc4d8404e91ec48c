"""Many processes on one store: what one writes the others rank with, at once."""

import time
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import update

from service.snapshot import caught_up, open_snapshot
from service.storage.migrate import migrate
from service.storage.store import Store
from service.storage.tables import VIDEOS
from service.storage.taggings import replace_taggings
from service.storage.videos import delete_video, put_videos

BARE = dict.fromkeys(
    ["title", "description", "language", "duration_s", "attributes", "available_from", "available_until"]
)


def video(video_id: str) -> dict:
    return {**BARE, "video_id": video_id, "published_at": None}


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    one = Store.open(f"sqlite:///{tmp_path}/store.db")
    migrate(one)
    yield one
    one.close()


@pytest.fixture
def snapshot(shelf, made):
    return open_snapshot(shelf.folder(made.versions[0]))


def put(store: Store, video_id: str, now: int, tags: tuple[str, ...] = ()) -> None:
    def write(connection) -> None:
        put_videos(connection, [video(video_id)], now)
        rows = [{"tag_id": tag, "source": "editor", "confidence": None} for tag in tags]
        replace_taggings(connection, {video_id: rows}, now)

    store.write_now(write)


def listed(client: httpx.Client, tag: str) -> list[str]:
    body = {"tags": {tag: 5.0}, "n": 10, "log": False}
    return [one["video_id"] for one in client.post("/v1/recommendations", json=body).json()["videos"]]


def test_a_second_worker_recommends_a_new_video_within_a_second(serve):
    first, second = serve(), serve()
    for n in range(5):
        tags = ["category:cooking", "object:phone"]
        first.put(f"/v1/videos/new-{n}", json={"tags": tags})
        assert f"new-{n}" in listed(first, "category:cooking")
        end = time.monotonic() + 1
        while f"new-{n}" not in listed(second, "category:cooking"):
            assert time.monotonic() < end, "the other worker did not hear of it within a second"
    first.delete("/v1/videos/new-0")
    time.sleep(1)
    assert "new-0" not in listed(second, "category:cooking")


def test_events_of_one_worker_count_in_the_next_answer_of_another(serve):
    first, second = serve(), serve()
    top = second.get("/v1/viewers/u/recommendations?n=1").json()["videos"][0]["video_id"]
    first.post("/v1/events", json={"viewer_id": "u", "video_id": top, "event_type": "like"})
    after = second.get("/v1/viewers/u/recommendations?n=200").json()
    assert top not in [one["video_id"] for one in after["videos"]]


def test_a_new_bundle_takes_over_what_the_store_says(client: httpx.Client, shelf, made, until):
    client.put("/v1/videos/mine", json={"tags": ["category:cooking"]})
    client.delete("/v1/videos/video-000")
    client.put("/v1/videos/video-001", json={"title": "x"})
    client.delete("/v1/videos/video-001")
    shelf.point_to(made.versions[1])
    until(lambda: client.get("/readyz").json()["bundle"] == made.versions[1])
    body = client.post("/v1/recommendations", json={"n": 200, "tags": {"category:cooking": 1.0}}).json()
    shown = {one["video_id"] for one in body["videos"]}
    assert "mine" in shown
    assert "video-001" not in shown


def test_nothing_new_leaves_the_snapshot_as_it_is(snapshot, store: Store):
    put(store, "a", 1000)
    first = caught_up(snapshot, store, overlap_ms=5000, now=2000)
    assert first.catalogue.position("a") >= 0
    assert caught_up(first, store, overlap_ms=5000, now=3000) is first


def test_two_writes_in_one_millisecond_are_both_seen(snapshot, store: Store):
    put(store, "a", 1000)
    first = caught_up(snapshot, store, 5000, 1000)
    put(store, "a", 1000, ("category:cooking",))
    assert caught_up(first, store, 5000, 1000).catalogue.changes[0].taggings[0].tag_id == "category:cooking"


def test_a_write_committed_late_is_seen_within_the_overlap(snapshot, store: Store):
    put(store, "a", 10_000)
    first = caught_up(snapshot, store, 5000, 10_000)
    put(store, "late", 6000)
    second = caught_up(first, store, 5000, 10_100)
    assert second.catalogue.position("late") >= 0
    assert caught_up(second, store, 5000, 10_200) is second


def test_a_tag_of_a_writer_whose_clock_is_ahead_counts_at_once(snapshot, store: Store):
    put(store, "ahead", 5000, ("category:cooking",))
    now = caught_up(snapshot, store, 5000, 1000)
    assert now.catalogue.fresh.tags.nnz >= 1


def test_videos_of_the_bundles_own_tables_are_not_laid_over_it_unless_deleted(snapshot, store: Store):
    for video_id in ("video-000", "video-001"):
        put(store, video_id, 1000)
    store.write_now(lambda c: delete_video(c, "video-001", 1000))
    store.write_now(lambda c: c.execute(update(VIDEOS).values(origin=snapshot.tables_hash)))
    now = caught_up(snapshot, store, 5000, 2000)
    assert [one.video_id for one in now.catalogue.changes] == ["video-001"]
    store.write_now(lambda c: c.execute(update(VIDEOS).values(changed_at=3000)))
    later = caught_up(now, store, 5000, 4000)
    assert [one.video_id for one in later.catalogue.changes] == ["video-001"]
    put(store, "video-000", 5000)
    assert len(caught_up(later, store, 5000, 6000).catalogue.changes) == 2


def test_videos_that_were_loaded_together_long_ago_are_not_looked_at_again(snapshot, store: Store):
    put(store, "a", 10_000)
    first = caught_up(snapshot, store, 5000, 10_000)
    later = caught_up(first, store, 5000, 80_000)
    assert later.summary == (0, 0)
    assert later.catalogue is first.catalogue
    assert caught_up(later, store, 5000, 81_000) is later
    put(store, "b", 81_500)
    after = caught_up(later, store, 5000, 82_000)
    assert {"a", "b"} <= {one.video_id for one in after.catalogue.changes}
    assert caught_up(after, store, 5000, 82_100) is after
