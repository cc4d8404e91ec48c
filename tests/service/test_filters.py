"""Filters over HTTP: only what matches, the list full where it can be, and what emptied it where it cannot."""

import httpx
import pytest


def recommend(client: httpx.Client, status: int = 200, **body) -> dict:
    answer = client.post("/v1/recommendations", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def ids(answer: dict) -> list[str]:
    return [one["video_id"] for one in answer["videos"]]


def test_a_filter_lets_through_only_what_it_matches_and_the_list_stays_full(client: httpx.Client, made):
    taggings = made.tables.taggings  # a tag counts for those below it, which carry its name
    tagged = set(taggings[taggings["tag_id"].str.startswith("object:phone")]["video_id"])
    answer = recommend(client, filter='tags has "object:phone"', n=min(10, len(tagged)))
    assert set(ids(answer)) <= tagged
    assert len(answer["videos"]) == min(10, len(tagged))
    assert answer["emptied"] is None
    plain = ids(recommend(client, n=120))
    assert ids(answer) == [one for one in plain if one in tagged][:10]


def test_the_length_and_age_of_the_bundles_videos_can_be_asked_for(client: httpx.Client, made):
    lengths = made.tables.videos.set_index("video_id")["duration_s"]
    limit = float(lengths.median())
    found = ids(recommend(client, filter=f"duration_s < {limit}", n=200))
    assert set(found) == set(lengths.index[lengths < limit])
    assert recommend(client, filter="age_days < 1")["videos"] == []


def test_a_video_put_just_now_is_found_by_its_own_attributes(client: httpx.Client):
    body = {
        "language": "fi",
        "duration_s": 9,
        "attributes": {"studio": "north", "kids": True},
        "tags": ["category:cooking"],
    }
    client.put("/v1/videos/new", json=body)
    for wanted in ('studio = "north"', "attributes.kids = true", 'language = "fi" and duration_s <= 9'):
        assert ids(recommend(client, filter=wanted)) == ["new"], wanted
        assert ids(client.get("/v1/viewers/u/recommendations", params={"filter": wanted}).json()) == ["new"]
    client.put("/v1/videos/new", json={**body, "attributes": {"studio": "south"}})
    assert ids(recommend(client, filter='studio = "south"')) == ["new"]
    assert ids(recommend(client, filter='studio = "north"')) == []


def test_an_emptied_list_says_which_clause_did_it(client: httpx.Client):
    answer = recommend(client, filter='language = "en" and tags has "nobody uses" and duration_s > 0')
    assert answer["videos"] == []
    assert answer["emptied"] == {"clause": 'tags has "nobody uses"', "n_before": 120}
    similar = client.get("/v1/videos/video-000/similar", params={"filter": "duration_s < 0"}).json()
    assert similar["emptied"] == {"clause": "duration_s < 0", "n_before": 120}


def test_similar_videos_take_a_filter(client: httpx.Client, made):
    lengths = made.tables.videos.set_index("video_id")["duration_s"]
    limit = float(lengths.median())
    found = ids(client.get("/v1/videos/video-000/similar", params={"filter": f"duration_s > {limit}"}).json())
    assert found
    assert all(lengths[one] > limit for one in found)


@pytest.mark.parametrize("wanted", ["duration_s <", "x" * 2001, "", "tags = 5", "(" * 50])
def test_a_filter_that_cannot_be_read_is_a_problem_that_points_at_it(client: httpx.Client, wanted: str):
    answers = [
        client.post("/v1/recommendations", json={"filter": wanted}),
        client.get("/v1/viewers/u/recommendations", params={"filter": wanted}),
        client.get("/v1/videos/video-000/similar", params={"filter": wanted}),
    ]
    for one in answers:
        assert one.status_code == 422, one.text
        assert one.json()["errors"][0]["field"] == "filter"
    if wanted == "duration_s <":
        assert "at character 13" in answers[0].json()["errors"][0]["rule"]
