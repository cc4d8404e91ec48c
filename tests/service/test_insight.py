"""Why, which tags, and for whom."""

import math

import httpx
import pytest


def test_why_tells_of_a_listed_video_what_the_list_tells(client: httpx.Client):
    answer = client.get("/v1/viewers/u/recommendations?n=5").json()["videos"]
    for place, video in enumerate(answer, start=1):
        found = client.get(f"/v1/viewers/u/why/{video['video_id']}").json()
        assert (found["place"], found["removed_by"]) == (place, None)
        assert math.isclose(found["score"], video["score"], abs_tol=1e-6)
        assert math.isclose(sum(one["value"] for one in found["reasons"]), found["score"], abs_tol=1e-5)


def test_why_names_what_keeps_a_video_away(client: httpx.Client):
    def why(video: str, **params) -> tuple:
        found = client.get(f"/v1/viewers/u/why/{video}", params=params).json()
        return found["removed_by"], found["detail"]

    client.post("/v1/events", json={"viewer_id": "u", "video_id": "video-001", "event_type": "play"})
    assert why("video-001") == ("seen", None)
    assert why("video-001", include_seen=True) == (None, None)
    assert why("video-002", filter="duration_s < 0") == ("filter", "duration_s < 0")
    client.put("/v1/videos/gone", json={"tags": ["x"]})
    client.patch("/v1/viewers/u/profile", json={"mute": ["x"]})
    assert why("gone") == ("muted", "x")
    client.delete("/v1/videos/gone")
    assert why("gone") == ("deleted", None)
    client.put("/v1/videos/bare", json={})
    assert why("bare") == (None, None)
    assert client.get("/v1/viewers/u/why/nope").status_code == 404


def test_a_viewers_tags_leave_out_what_they_stated(client: httpx.Client):
    for i in range(6):
        client.post("/v1/events", json={"viewer_id": "u", "video_id": f"video-{i:03}", "event_type": "like"})
    before = [one["tag"] for one in client.get("/v1/viewers/u/tags?n=5").json()["tags"]]
    assert len(before) == 5
    client.patch("/v1/viewers/u/profile", json={"like": [before[0]], "forget": [before[1]]})
    after = client.get("/v1/viewers/u/tags?n=50").json()["tags"]
    assert not {before[0], before[1]} & {one["tag"] for one in after}
    assert all(one["lift"] > 0 and one["videos"] for one in after)


def test_onboarding_asks_what_tells_most_and_goes_on_from_the_answers(client: httpx.Client):
    first = client.get("/v1/onboarding/tags?n=3").json()["tags"]
    assert len(first) == 3
    assert first[0]["says"] >= first[1]["says"]
    names = [one["tag"] for one in first]
    after = client.get("/v1/onboarding/tags", params={"n": 2, "asked": names[0]}).json()["tags"]
    assert [one["tag"] for one in after] == names[1:]
    assert client.get("/v1/onboarding/tags", params={"dimension": "nonsense"}).status_code == 422


def test_onboarding_keeps_to_dimensions(client: httpx.Client):
    assert client.get("/v1/onboarding/tags", params={"dimension": "person"}).json()["tags"] == []
    client.put("/v1/tags/object:phone", json={"dimension": "object", "names": [{"name": "Phone"}]})
    found = client.get("/v1/onboarding/tags", params={"dimension": ["object", "person"]}).json()["tags"]
    assert [(one["tag"], one["name"], one["dimension"]) for one in found] == [("object:phone", "Phone", "object")]


@pytest.fixture
def viewers(client: httpx.Client) -> None:
    for viewer in range(4):
        for video in range(3):
            event = {"viewer_id": f"v{viewer}", "video_id": f"video-{viewer * 3 + video:03}", "event_type": "like"}
            client.post("/v1/events", json=event)


@pytest.mark.usefixtures("viewers")
def test_the_audience_of_a_video_there_or_described(client: httpx.Client):
    found = client.get("/v1/videos/video-050/audience?n=3").json()["viewers"]
    assert len(found) == 3
    assert [one["place"] for one in found] == sorted(one["place"] for one in found)
    assert client.post("/v1/audience", json={"video_id": "video-050", "n": 3}).json()["viewers"] == found
    described = client.post("/v1/audience", json={"tags": ["object:phone"]}).json()
    assert described["video_id"] is None
    assert len(described["viewers"]) == 4
    for one in found:
        assert math.isclose(sum(part["value"] for part in one["reasons"]), one["score"], abs_tol=1e-5)


@pytest.mark.parametrize("body", [{}, {"video_id": "v", "tags": ["t"]}, {"tags": ["t"], "n": 0}])
def test_an_audience_of_nothing_is_refused(client: httpx.Client, body: dict):
    assert client.post("/v1/audience", json=body).status_code == 422
    assert client.get("/v1/videos/nope/audience").status_code == 404
    assert client.post("/v1/audience", json={"video_id": "nope"}).status_code == 404


def test_a_profile_shows_what_is_held_of_tags_and_the_videos_that_made_it(client: httpx.Client):
    client.put("/v1/videos/mine", json={"title": "Mine", "tags": ["object:phone"]})
    client.post("/v1/events", json={"viewer_id": "u", "video_id": "mine", "event_type": "like"})
    tastes = client.patch("/v1/viewers/u/profile", json={"like": ["category:cooking"]}).json()["tastes"]
    by_tag = {one["tag"]: one for one in tastes}
    assert by_tag["object:phone"]["videos"][0]["title"] == "Mine"
    assert by_tag["object:phone"]["weight"] > 0 == by_tag["object:phone"]["stated"]
    assert by_tag["category:cooking"]["weight"] == pytest.approx(by_tag["category:cooking"]["stated"])
    after = client.patch("/v1/viewers/u/profile", json={"forget": ["object:phone"]}).json()["tastes"]
    assert "object:phone" not in {one["tag"] for one in after}
