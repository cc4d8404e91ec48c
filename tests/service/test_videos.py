"""Videos and their tags: what is put can be looked up, is recommended at once, and is gone when deleted."""

from typing import Any

import httpx
import pytest

VIDEO = {
    "title": "Two cats and a box",
    "description": "…",
    "language": "en",
    "published_at": "2026-11-23T10:00:00.000Z",
    "duration_s": 34.5,
    "available_from": None,
    "available_until": "2999-01-01T00:00:00.000Z",
    "attributes": {"studio": "north", "n": [1, None, {"x": True}]},
}


def recommended(client: httpx.Client, **body: Any) -> list[str]:
    return [one["video_id"] for one in client.post("/v1/recommendations", json={"n": 200, **body}).json()["videos"]]


def test_what_is_put_can_be_looked_up(client: httpx.Client):
    tags = ["animal:cat", {"tag": "genre:comedy", "confidence": 0.9, "source": "vendor:acme"}]
    put = client.put("/v1/videos/v1", json={**VIDEO, "tags": tags})
    assert put.status_code == 200
    got = client.get("/v1/videos/v1").json()
    assert got == put.json()
    assert {name: got[name] for name in VIDEO} == VIDEO
    assert [(one["tag"], one["source"], one["confidence"]) for one in got["tags"]] == [
        ("animal:cat", "editor", None),
        ("genre:comedy", "vendor:acme", 0.9),
    ]


def test_putting_replaces_but_leaves_tags_that_are_not_mentioned(client: httpx.Client):
    client.put("/v1/videos/v1", json={**VIDEO, "tags": ["a"]})
    replaced = client.put("/v1/videos/v1", json={"title": "New"}).json()
    assert replaced["title"] == "New"
    assert replaced["description"] is None
    assert [one["tag"] for one in replaced["tags"]] == ["a"]
    assert client.put("/v1/videos/v1", json={"title": "New", "tags": []}).json()["tags"] == []


def test_ids_may_hold_anything_that_can_be_written_in_an_address(client: httpx.Client):
    for video_id in ("a/b", "ü ?#%&+", "x:batch", "…" * 100):
        address = "/v1/videos/" + httpx.URL(path="/").join("").path.strip("/")
        address += "".join(f"%{byte:02X}" for byte in video_id.encode())
        assert client.put(address, json={"title": "t"}).json()["video_id"] == video_id
        assert client.get(address).json()["title"] == "t"
        assert client.get(f"{address}/tags").json()["video_id"] == video_id


def test_a_video_put_seconds_ago_is_recommended_to_whom_it_fits(client: httpx.Client):
    client.put("/v1/videos/fresh", json={"title": "Fresh", "tags": ["category:cooking", "object:phone"]})
    client.patch("/v1/viewers/cook/profile", json={"like": ["category:cooking", "object:phone"]})
    videos = client.get("/v1/viewers/cook/recommendations", params={"n": 10}).json()["videos"]
    fresh = next(one for one in videos if one["video_id"] == "fresh")
    assert fresh["state"] == "cold"
    assert fresh["title"] == "Fresh"


def test_a_tag_that_no_bundle_knows_works_at_once(client: httpx.Client):
    client.put("/v1/videos/fresh", json={"tags": ["brand:new"]})
    assert recommended(client, tags={"brand:new": 5.0}, n=3)[0] == "fresh"


def test_retagging_counts_at_once(client: httpx.Client):
    client.put("/v1/videos/fresh", json={"tags": ["category:cooking"]})
    assert "fresh" in recommended(client, tags={"category:cooking": 5.0}, n=10)
    assert "fresh" not in recommended(client, tags={"object:phone": 5.0}, n=10)
    client.put("/v1/videos/fresh/tags", json={"tags": ["object:phone"]})
    assert "fresh" not in recommended(client, tags={"category:cooking": 5.0}, n=10)
    assert "fresh" in recommended(client, tags={"object:phone": 5.0}, n=10)
    assert client.get("/v1/videos/fresh/tags").json()["tags"][0]["tag"] == "object:phone"


def test_tags_of_one_source_are_replaced_alone(client: httpx.Client):
    client.put("/v1/videos/v1", json={"tags": ["mine", {"tag": "theirs", "source": "vendor:acme"}]})
    body = {"tags": [{"tag": "better", "source": "vendor:acme"}]}
    answer = client.put("/v1/videos/v1/tags", params={"source": "vendor:acme"}, json=body)
    assert [one["tag"] for one in answer.json()["tags"]] == ["better", "mine"]
    refused = client.put("/v1/videos/v1/tags", params={"source": "vendor:acme"}, json={"tags": ["x"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "tags[0].source"


def test_tags_of_an_unknown_video_are_refused(client: httpx.Client):
    assert client.put("/v1/videos/unknown/tags", json={"tags": ["a"]}).status_code == 404
    assert client.get("/v1/videos/unknown/tags").status_code == 404


def test_a_deleted_video_is_gone_from_lookups_and_lists_until_put_again(client: httpx.Client):
    assert "video-001" in recommended(client)
    client.put("/v1/videos/video-001", json={"tags": ["category:cooking"]})
    assert client.delete("/v1/videos/video-001").status_code == 204
    assert "video-001" not in recommended(client)
    assert client.get("/v1/videos/video-001").status_code == 404
    assert client.delete("/v1/videos/video-001").status_code == 404
    again = client.put("/v1/videos/video-001", json={"title": "Back"})
    assert again.json()["tags"] == []
    assert "video-001" in recommended(client)


def test_availability_is_kept_to_the_moment(serve):
    moment = [1_800_000_000_000]
    client = serve(clock=lambda: moment[0])
    client.put("/v1/videos/soon", json={"available_from": 1_800_000_001_000, "available_until": 1_800_000_002_000})
    shown = []
    for moment[0] in (1_800_000_000_999, 1_800_000_001_000, 1_800_000_001_999, 1_800_000_002_000):
        shown.append("soon" in recommended(client))
    assert shown == [False, True, True, False]


def test_a_batch_stores_the_good_rows_and_reports_the_bad(client: httpx.Client):
    rows = [{"video_id": f"b{i}", "title": str(i), "tags": ["category:cooking"]} for i in range(50)]
    rows[7] = {"video_id": "b7", "duration_s": -1}
    rows[9] = {"title": "without an id"}
    answer = client.post("/v1/videos:batch", json={"videos": rows}).json()
    assert (answer["stored"], answer["rejected"]) == (48, 2)
    assert [one["status"] for one in answer["results"]].count("rejected") == 2
    assert answer["results"][7]["video_id"] == "b7"
    assert answer["results"][7]["errors"][0]["field"] == "duration_s"
    assert answer["results"][9]["errors"][0] == {"field": "video_id", "value": None, "rule": "Field required"}
    shown = recommended(client, tags={"category:cooking": 1.0})
    assert {one for one in shown if one.startswith("b")} == {f"b{i}" for i in range(50)} - {"b7", "b9"}


def test_of_a_video_given_twice_in_a_batch_the_last_wins(client: httpx.Client):
    rows = [{"video_id": "b", "title": "first", "tags": ["a"]}, {"video_id": "b", "title": "second", "tags": ["b"]}]
    client.post("/v1/videos:batch", json=rows)
    got = client.get("/v1/videos/b").json()
    assert (got["title"], [one["tag"] for one in got["tags"]]) == ("second", ["b"])


@pytest.mark.parametrize("body", [{"videos": []}, {"videos": {}}, 7, {"videos": [], "more": 1}, [{}] * 1001])
def test_a_batch_of_the_wrong_shape_is_refused(client: httpx.Client, body: Any):
    answer = client.post("/v1/videos:batch", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "videos"
