"""Rows, what to go on with, and what is watched now."""

from typing import Any

import httpx
import pytest

HOUR_MS = 3_600_000


def play(client: httpx.Client, viewer: str, video: str, **more: Any) -> None:
    event = {"viewer_id": viewer, "video_id": video, "event_type": "play", **more}
    assert client.post("/v1/events", json=event).status_code == 200


@pytest.fixture
def watcher(client: httpx.Client) -> str:
    for i in range(6):
        play(client, "watcher", f"video-{i:03}")
    return "watcher"


def test_a_page_has_rows_with_headings_and_no_video_twice(client: httpx.Client, watcher: str):
    client.patch("/v1/viewers/watcher/profile", json={"like": ["object:phone"]})
    page = client.get("/v1/viewers/watcher/rows", params={"n": 5, "rows": 6}).json()
    kinds = [one["kind"] for one in page["rows"]]
    assert kinds[:3] == ["for-you", "because-you-watched", "because-you-watched"]
    assert "more-of-tag" in kinds
    every = [video["video_id"] for row in page["rows"] for video in row["videos"]]
    assert len(every) == len(set(every))
    assert not set(every) & {f"video-{i:03}" for i in range(6)}
    assert page["rows"][1]["id"] == "video-005"
    assert len({one["request_id"] for one in page["rows"]}) == len(page["rows"])
    assert all(3 <= len(row["videos"]) <= 5 for row in page["rows"])


def test_the_row_of_a_tag_holds_only_videos_with_it_and_is_named(client: httpx.Client):
    client.put("/v1/tags/object:phone", json={"dimension": "object", "names": [{"name": "Telephone"}]})
    client.patch("/v1/viewers/u/profile", json={"like": ["object:phone"]})
    row = next(one for one in client.get("/v1/viewers/u/rows?n=4").json()["rows"] if one["kind"] == "more-of-tag")
    assert (row["id"], row["name"]) == ("object:phone", "Telephone")
    tagged = client.post("/v1/recommendations", json={"filter": 'tags has "object:phone"', "n": 200}).json()["videos"]
    assert {one["video_id"] for one in row["videos"]} <= {one["video_id"] for one in tagged}


def test_somebody_new_gets_the_rows_that_need_no_past(client: httpx.Client):
    rows = client.get("/v1/viewers/nobody/rows").json()["rows"]
    assert rows[0]["kind"] == "for-you"
    assert not {"because-you-watched", "more-of-tag"} & {one["kind"] for one in rows}


def test_new_and_trending_videos_have_rows(client: httpx.Client):
    for i in range(4):
        client.put(f"/v1/videos/fresh-{i}", json={"tags": ["object:phone"], "published_at": "2999-01-01T00:00:00Z"})
        for j in range(i + 1):
            play(client, f"viewer-{j}", f"video-{60 + i:03}")
    rows = {one["kind"]: one for one in client.get("/v1/viewers/u/rows?n=3&rows=20").json()["rows"]}
    assert {one["video_id"] for one in rows["trending"]["videos"]} <= {f"video-{60 + i:03}" for i in range(4)}
    assert len(rows["new"]["videos"]) == 3


def test_what_rises_trends_and_what_is_as_usual_does_not(serve, settings, made):
    now = 1_800_000_000_000
    client = serve(clock=lambda: now)
    for i in range(8):
        play(client, f"v{i}", "video-001", occurred_at=now - 2 * HOUR_MS)
        play(client, f"v{i}", "video-002", occurred_at=now - 2 * HOUR_MS)
        for day in (30, 54, 78):
            play(client, f"v{i}", "video-002", occurred_at=now - day * HOUR_MS)
    play(client, "v0", "video-001", occurred_at=now - HOUR_MS // 2)  # the same viewer counts once
    trends = client.get("/v1/trending").json()
    assert [(one["video_id"], one["n_viewers"], one["expected"]) for one in trends["videos"]] == [("video-001", 8, 0)]
    most = client.get("/v1/trending", params={"order": "viewers"}).json()["videos"]
    assert [(one["video_id"], one["n_viewers"], one["expected"]) for one in most] == [
        ("video-001", 8, 0.0),
        ("video-002", 8, 8.0),
    ]
    assert client.get("/v1/trending", params={"window_h": 1, "order": "viewers"}).json()["videos"][0]["n_viewers"] == 1


def test_trends_keep_to_a_tag_a_filter_and_to_what_is_available(client: httpx.Client):
    for i in range(3):
        client.put(f"/v1/videos/t{i}", json={"tags": ["topic:x"] if i else [], "title": f"T{i}"})
        play(client, "a", f"t{i}")
    play(client, "a", "never put")
    client.delete("/v1/videos/t2")
    assert {one["video_id"] for one in client.get("/v1/trending").json()["videos"]} == {"t0", "t1"}
    found = client.get("/v1/trending", params={"tag": "topic:x"}).json()["videos"]
    assert [(one["video_id"], one["title"]) for one in found] == [("t1", "T1")]
    assert client.get("/v1/trending", params={"filter": 'video_id = "t0"', "tag": "topic:x"}).json()["videos"] == []
    assert client.get("/v1/trending", params={"window_h": 0}).status_code == 422


def test_what_was_begun_and_not_finished_can_be_gone_on_with(client: httpx.Client):
    for i in range(6):
        client.put(f"/v1/videos/long-{i}", json={"duration_s": 100, "title": f"Long {i}"})
    at = 1_700_000_000_000
    for i, (kind, watched) in enumerate(
        [("progress", 40), ("progress", 99), ("progress", 2), ("finish", None), ("play", 50), ("progress", 60)]
    ):
        event = {"viewer_id": "u", "video_id": f"long-{i}", "event_type": kind, "occurred_at": at + i}
        client.post("/v1/events", json=event if watched is None else {**event, "watched_s": watched})
    hidden = {"viewer_id": "u", "video_id": "long-5", "event_type": "hide", "occurred_at": at + 9}
    client.post("/v1/events", json=hidden)
    client.post("/v1/events", json={"viewer_id": "u", "video_id": "gone", "event_type": "play", "watched_s": 30})
    found = client.get("/v1/viewers/u/continue").json()["videos"]
    assert [(one["video_id"], one["share"]) for one in found] == [("long-4", 0.5), ("long-0", 0.4)]
    assert found[0]["title"] == "Long 4"
    assert client.get("/v1/viewers/nobody/continue").json()["videos"] == []
