"""Conditional requests, changes of single fields, and lists page by page."""

import httpx
import pytest

from service.preconditions import Precondition, etag
from service.problems import ProblemError


def test_a_write_that_expects_another_state_changes_nothing(client: httpx.Client):
    first = client.put("/v1/videos/v", json={"title": "A"})
    tag = client.get("/v1/videos/v").headers["etag"]
    assert first.status_code == 200
    assert client.patch("/v1/videos/v", json={"title": "B"}, headers={"If-Match": tag}).json()["title"] == "B"
    for call in (
        lambda: client.patch("/v1/videos/v", json={"title": "C"}, headers={"If-Match": tag}),
        lambda: client.put("/v1/videos/v", json={"title": "C"}, headers={"If-Match": tag}),
        lambda: client.put("/v1/videos/v", json={"title": "C"}, headers={"If-None-Match": "*"}),
        lambda: client.put("/v1/videos/v/tags", json={"tags": []}, headers={"If-Match": tag}),
        lambda: client.delete("/v1/videos/v", headers={"If-Match": tag}),
        lambda: client.put("/v1/videos/new", json={}, headers={"If-Match": "*"}),
    ):
        answer = call()
        assert answer.status_code == 412, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/v1/videos/v").json()["title"] == "B"
    assert client.get("/v1/videos/new").status_code == 404


def test_what_the_caller_has_already_is_not_sent_again(client: httpx.Client):
    client.put("/v1/videos/v", json={"title": "A"})
    tag = client.get("/v1/videos/v").headers["etag"]
    again = client.get("/v1/videos/v", headers={"If-None-Match": f'"x", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    client.put("/v1/videos/v/tags", json={"tags": ["cat"]})
    assert client.get("/v1/videos/v", headers={"If-None-Match": tag}).status_code == 200
    assert client.get("/v1/videos/v/tags").headers["etag"] != tag


def test_tags_are_guarded_the_same(client: httpx.Client):
    client.put("/v1/tags/cat", json={})
    tag = client.get("/v1/tags/cat").headers["etag"]
    client.put("/v1/tags/cat", json={"dimension": "object"})
    client.put("/v1/tags/dog", json={})
    old = {"If-Match": tag}
    assert client.put("/v1/tags/cat", json={}, headers=old).status_code == 412
    assert client.delete("/v1/tags/cat", headers=old).status_code == 412
    assert client.post("/v1/tags/cat:merge", json={"into": "dog"}, headers=old).status_code == 412
    assert client.get("/v1/tags/cat").json()["dimension"] == "object"


def test_a_patch_changes_what_it_names_and_nothing_else(client: httpx.Client):
    whole = {
        "title": "A", "description": "long", "duration_s": 9, "language": "en", "tags": ["cat"],
        "available_from": "2026-01-01T00:00:00Z", "attributes": {"studio": "north", "deep": {"a": 1, "b": 2}},
    }  # fmt: skip
    client.put("/v1/videos/v", json=whole)
    patch = {"title": "B", "description": None, "attributes": {"deep": {"a": None}, "kids": True}}
    found = client.patch("/v1/videos/v", json=patch).json()
    assert (found["title"], found["description"], found["duration_s"], found["language"]) == ("B", None, 9.0, "en")
    assert found["attributes"] == {"studio": "north", "deep": {"b": 2}, "kids": True}
    assert [one["tag"] for one in found["tags"]] == ["cat"]
    assert [one["tag"] for one in client.patch("/v1/videos/v", json={"tags": ["dog"]}).json()["tags"]] == ["dog"]
    assert client.patch("/v1/videos/v", json={"attributes": None}).json()["attributes"] is None
    assert client.patch("/v1/videos/v", json={}).json()["title"] == "B"


def test_a_patch_that_makes_no_video_is_refused(client: httpx.Client):
    client.put("/v1/videos/v", json={"available_from": "2026-01-02T00:00:00Z"})
    answer = client.patch("/v1/videos/v", json={"available_until": "2026-01-01T00:00:00Z"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "available_until"
    assert client.patch("/v1/videos/v", json={"attributes": {"a": "x" * 30_000}}).status_code == 422
    assert client.patch("/v1/videos/nope", json={}).status_code == 404


def test_a_patched_video_is_ranked_by_what_it_is_now(client: httpx.Client):
    client.put("/v1/videos/v", json={"duration_s": 9, "tags": ["category:cooking"]})
    client.patch("/v1/videos/v", json={"language": "fi"})
    answer = client.post("/v1/recommendations", json={"filter": 'language = "fi" and duration_s = 9'}).json()
    assert [one["video_id"] for one in answer["videos"]] == ["v"]


def pages(client: httpx.Client, **params) -> list[list[str]]:
    found, cursor = [], None
    while True:
        page = client.get("/v1/videos", params={**params, **({"cursor": cursor} if cursor else {})}).json()
        found.append([one["video_id"] for one in page["videos"]])
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_videos_are_listed_page_by_page_each_once(client: httpx.Client):
    ids = [f"list/{i:02}é" for i in range(7)]
    for one in ids:
        client.put(f"/v1/videos/{one}", json={"tags": ["cat"]})
    client.delete(f"/v1/videos/{ids[3]}")
    found = pages(client, limit=3)
    assert [one for page in found for one in page] == [one for one in ids if one != ids[3]]
    assert [len(one) for one in found] == [3, 3, 0]
    assert client.get("/v1/videos?limit=1").json()["videos"][0]["tags"][0]["tag"] == "cat"


def test_a_list_takes_a_filter(client: httpx.Client, monkeypatch):
    for i in range(9):
        client.put(f"/v1/videos/list-{i}", json={"duration_s": i})
    assert [one for page in pages(client, limit=2, filter="duration_s > 5") for one in page] == [
        "list-6", "list-7", "list-8"
    ]  # fmt: skip
    monkeypatch.setattr("service.routers.video_lists.LOOKED_AT", 2)
    found = pages(client, filter="duration_s > 7")
    assert [one for page in found for one in page] == ["list-8"]
    assert len(found) == 5
    assert client.get("/v1/videos?filter=duration_s").status_code == 422


@pytest.mark.parametrize("cursor", ["%%%", "_w"])
def test_a_cursor_that_is_none_is_named(client: httpx.Client, cursor: str):
    answer = client.get("/v1/videos", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "cursor"


def test_weak_tags_and_lists_of_them_match():
    Precondition(if_match='"1", W/"2"').check(2)
    with pytest.raises(ProblemError, match="its ETag is"):
        Precondition(if_match='"1"').check(2)
    with pytest.raises(ProblemError, match="there is nothing"):
        Precondition(if_match="*").check(None)
    Precondition(if_none_match="*").check(None)
    assert etag(5) == '"5"'
