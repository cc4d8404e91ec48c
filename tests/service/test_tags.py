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


def tagged(client: httpx.Client, tag: str) -> set[str]:
    """The videos that a filter by a tag finds."""
    answer = client.post("/v1/recommendations", json={"n": 200, "filter": f'tags has "{tag}"', "log": False})
    return {one["video_id"] for one in answer.json()["videos"]}


def named(client: httpx.Client, tag: str) -> float:
    """What a stated tag says in the answer for somebody who likes it."""
    answer = client.post("/v1/recommendations", json={"tags": {tag: 5}, "n": 200, "log": False}).json()
    return sum(part["value"] for one in answer["videos"] for part in one["reasons"] if part["id"] == tag)


def test_a_merged_tag_counts_as_the_other_in_the_next_answer_of_every_worker(client, serve, until, made):
    other = serve()
    phones, cooks = tagged(client, "object:phone"), tagged(client, "category:cooking")
    assert cooks - phones
    for tag in ("object:phone", "category:cooking"):
        client.put(f"/v1/tags/{tag}", json={"dimension": "custom"})
    merged = client.post("/v1/tags/category:cooking:merge", json={"into": "object:phone"})
    assert (merged.status_code, merged.json()["status"], merged.json()["merged_into"]) == (
        200,
        "merged",
        "object:phone",
    )
    assert tagged(client, "object:phone") == phones | cooks == tagged(client, "category:cooking")
    assert named(client, "object:phone") > 0 == named(client, "category:cooking")
    until(lambda: tagged(other, "object:phone") == phones | cooks)
    client.put("/v1/tags/category:cooking", json={"dimension": "custom"})  # and back
    assert tagged(client, "object:phone") == phones
    until(lambda: tagged(other, "object:phone") == phones)


def test_a_banned_tag_counts_for_nothing_until_it_is_put_anew(client: httpx.Client):
    before = tagged(client, "category:cooking")
    client.put("/v1/tags/category:cooking", json={"dimension": "category"})
    assert client.delete("/v1/tags/category:cooking").json()["status"] == "banned"
    assert tagged(client, "category:cooking") == set()
    assert named(client, "category:cooking") == 0
    client.put("/v1/tags/category:cooking", json={"dimension": "category"})
    assert tagged(client, "category:cooking") == before


def test_a_new_parent_has_the_tags_videos_in_the_next_answer_new_videos_too(client: httpx.Client):
    client.put("/v1/videos/new", json={"tags": ["category:cooking"]})
    cooks = tagged(client, "category:cooking")
    assert "new" in cooks
    client.put("/v1/tags/home", json={"dimension": "scene"})
    assert tagged(client, "home") == set()
    client.put("/v1/tags/category:cooking", json={"dimension": "category", "parent_id": "home"})
    assert tagged(client, "home") == cooks
    assert named(client, "home") > 0


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("nope:merge", {"into": "animal"}, 404, None),
        ("animal:merge", {"into": "nope"}, 422, "into"),
        ("animal:merge", {"into": "animal"}, 422, "into"),
        ("animal:merge", {}, 422, "into"),
    ],
)
def test_a_merge_that_cannot_be_is_named(client: httpx.Client, path, body, status, field):
    answer = client.post(f"/v1/tags/{path}", json=body)
    assert answer.status_code == status
    if field:
        assert answer.json()["errors"][0]["field"] == field


def test_merges_in_a_circle_are_refused(client: httpx.Client):
    assert client.post("/v1/tags/animal:merge", json={"into": "animal:cat"}).status_code == 200
    assert client.post("/v1/tags/animal:cat:merge", json={"into": "animal"}).status_code == 422


def test_banning_an_unknown_tag_is_a_problem(client: httpx.Client):
    assert client.delete("/v1/tags/nope").status_code == 404


def test_the_next_bundle_starts_with_the_taxonomy_as_it_is(client, serve, shelf, made, until):
    client.put("/v1/tags/category:cooking", json={"dimension": "category"})
    client.delete("/v1/tags/category:cooking")
    assert tagged(serve(), "category:cooking") == set()
    shelf.point_to(made.versions[1])
    until(lambda: client.post("/v1/recommendations", json={}).json()["bundle"] == made.versions[1])
    assert tagged(client, "category:cooking") == set()
