"""Tags: named, placed, found."""

import httpx
import pytest


@pytest.fixture(autouse=True)
def _tags(client: httpx.Client):
    client.put("/v1/tags/animal", json={"dimension": "object", "names": [{"name": "Animal"}]})
    names = [{"name": "Cat"}, {"name": "Katze", "language": "de"}, {"name": "100%_puss", "is_alias": True}]
    client.put("/v1/tags/animal:cat", json={"dimension": "object", "parent_id": "animal", "names": names})


def found(client: httpx.Client, **params) -> list[str]:
    return [one["tag_id"] for one in client.get("/v1/tags", params=params).json()["tags"]]


def test_tags_are_found_by_any_part_of_a_name_or_id(client: httpx.Client):
    assert found(client, q="katz") == ["animal:cat"]
    assert found(client, q="ANIM") == ["animal", "animal:cat"]
    assert found(client, q="0%_p") == ["animal:cat"]
    assert found(client, q="%") == ["animal:cat"]
    assert found(client, q="'; drop table tags; --") == []
    assert found(client, limit=1) == ["animal"]


def test_a_tag_used_on_a_video_can_be_found(client: httpx.Client):
    client.put("/v1/videos/v", json={"tags": ["place:sea", "whatever"]})
    tags = {one["tag_id"]: one["dimension"] for one in client.get("/v1/tags").json()["tags"]}
    assert tags["place:sea"] == "place"
    assert tags["whatever"] == "custom"


def test_putting_a_tag_replaces_its_names(client: httpx.Client):
    client.put("/v1/tags/animal:cat", json={"names": [{"name": "Cat"}, {"name": "Cat"}]})
    tag = client.get("/v1/tags/animal:cat").json()
    assert tag["names"] == [{"name": "Cat", "language": "en", "is_alias": False}]
    assert tag["dimension"] == "custom"


def test_a_circle_of_parents_is_refused(client: httpx.Client):
    answer = client.put("/v1/tags/animal", json={"parent_id": "animal:cat"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "parent_id"


def test_an_unknown_tag_is_a_problem(client: httpx.Client):
    assert client.get("/v1/tags/nope").status_code == 404


def test_a_new_name_of_a_tag_is_in_the_next_answer(client: httpx.Client):
    ask = {"viewer_id": "u-names", "tags": {"category:cooking": 1}}

    def names() -> set[str]:
        videos = client.post("/v1/recommendations", json=ask).json()["videos"]
        return {one["name"] for video in videos for one in video["reasons"] if one["id"] == "category:cooking"}

    before = names()
    assert before
    client.put("/v1/tags/category:cooking", json={"dimension": "category", "names": [{"name": "In the kitchen"}]})
    assert names() == {"In the kitchen"} != before
