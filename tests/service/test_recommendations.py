"""Ranked videos: what moves them, and that they say why."""

import math
from typing import Any

import httpx
import pytest

from service.recommending import AGE_STEP_MS, step_end


def recommend(client: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = client.post("/v1/recommendations", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer: dict[str, Any]) -> list[str]:
    return [one["video_id"] for one in answer["videos"]]


@pytest.fixture
def warm_viewer(client: httpx.Client, made) -> str:
    """A viewer whose simulated events are in the store."""
    events = made.tables.events
    played = events[events["event_type"].isin(["play", "like", "finish"])]
    viewer = played["viewer_id"].value_counts().index[0]
    rows = played[played["viewer_id"] == viewer].head(40)
    batch = [
        {"viewer_id": "warm", "video_id": video, "event_type": kind, "occurred_at": at.isoformat()}
        for video, kind, at in zip(rows["video_id"], rows["event_type"], rows["occurred_at"], strict=True)
    ]
    assert client.post("/v1/events", json=batch).json()["accepted"] == len(batch)
    return "warm"


def test_a_viewer_without_history_gets_everybodys_favourites(client: httpx.Client):
    answer = client.get("/v1/viewers/nobody/recommendations", params={"n": 5}).json()
    assert len(answer["videos"]) == 5
    assert answer["fallback"] == "popularity"
    assert answer["viewer_id"] == "nobody"
    assert ids(answer) == ids(recommend(client, n=5))


def test_every_answer_says_what_it_was_made_with(client: httpx.Client, made):
    answer = recommend(client, n=3)
    assert answer["bundle"] == made.versions[0]
    assert answer["as_of"].endswith("Z")
    assert len(answer["request_id"]) == 32
    assert answer["n_candidates"] == 120
    assert {one["state"] for one in answer["videos"]} <= {"cold", "warming", "warm"}


def test_scores_fall_and_reasons_sum_to_them(client: httpx.Client, warm_viewer: str):
    videos = recommend(client, viewer_id=warm_viewer, n=50)["videos"]
    assert [one["score"] for one in videos] == sorted((one["score"] for one in videos), reverse=True)
    for one in videos:
        assert math.isclose(sum(part["value"] for part in one["reasons"]), one["score"], abs_tol=1e-5)
    assert any(part["kind"] == "video" for one in videos for part in one["reasons"])


def test_an_event_changes_the_viewers_next_answer(client: httpx.Client, warm_viewer: str):
    before = recommend(client, viewer_id=warm_viewer, n=10)
    first = before["videos"][0]["video_id"]
    event = {"viewer_id": warm_viewer, "video_id": first, "event_type": "like"}
    assert client.post("/v1/events", json=event).status_code == 200
    after = recommend(client, viewer_id=warm_viewer, n=10)
    assert first not in ids(after)
    scores = {one["video_id"]: one["score"] for one in before["videos"]}
    assert any(scores.get(one["video_id"]) != one["score"] for one in after["videos"])


def test_an_event_of_a_device_whose_clock_is_ahead_counts_at_once(serve):
    client = serve(clock=lambda: 1_800_000_000_000)
    first = ids(recommend(client, viewer_id="ahead", n=1))[0]
    event = {"viewer_id": "ahead", "video_id": first, "event_type": "like", "occurred_at": 1_800_000_030_000}
    assert client.post("/v1/events", json=event).json()["accepted"] == 1
    assert first not in ids(recommend(client, viewer_id="ahead", n=200))


def test_a_viewer_known_only_by_tags_gets_videos_with_them(client: httpx.Client, made):
    tag = "category:cooking"
    tagged = set(made.tables.taggings.query("tag_id == @tag")["video_id"])
    assert client.patch("/v1/viewers/picks/profile", json={"like": [tag]}).status_code == 200
    answer = client.get("/v1/viewers/picks/recommendations", params={"n": 5}).json()
    assert answer["fallback"] is None
    assert sum(one in tagged for one in ids(answer)) >= 4
    assert answer["videos"][0]["reasons"][0]["id"].startswith(tag)


def test_tags_and_history_of_the_request_count_without_being_kept(client: httpx.Client, made):
    tagged = set(made.tables.taggings.query("tag_id == 'object:phone'")["video_id"])
    liked = recommend(client, tags={"object:phone": 1.0}, n=5)
    assert liked["fallback"] is None
    assert len(tagged & set(ids(liked))) >= 3
    told = recommend(client, history=[{"video_id": "video-003", "event_type": "like"}], n=200)
    assert told["fallback"] is None
    assert "video-003" not in ids(told)
    assert recommend(client, n=5)["fallback"] == "popularity"


def test_a_muted_tag_counts_against_its_videos(client: httpx.Client, made):
    tagged = set(made.tables.taggings.query("tag_id == 'object:phone'")["video_id"])
    muted = ids(recommend(client, tags={"object:phone": -5.0}, n=20))
    assert len(tagged & set(muted)) < len(tagged & set(ids(recommend(client, tags={"object:phone": 5.0}, n=20))))


def test_excluded_videos_stay_out_and_the_list_stays_full(client: httpx.Client):
    usual = ids(recommend(client, n=10))
    other = ids(recommend(client, n=10, exclude=usual))
    assert len(other) == 10
    assert not set(usual) & set(other)


def test_seen_videos_come_back_only_when_asked_for(client: httpx.Client):
    first = ids(recommend(client, n=1))[0]
    client.post("/v1/events", json={"viewer_id": "s", "video_id": first, "event_type": "finish"})
    assert first not in ids(recommend(client, viewer_id="s", n=200))
    assert first in ids(recommend(client, viewer_id="s", n=200, include_seen=True))


def test_an_impression_event_hides_nothing(client: httpx.Client):
    first = ids(recommend(client, n=1))[0]
    client.post("/v1/events", json={"viewer_id": "s", "video_id": first, "event_type": "impression"})
    assert ids(recommend(client, viewer_id="s", n=1)) == [first]


def test_without_explain_there_are_no_reasons(client: httpx.Client):
    with_reasons, without = recommend(client, n=5), recommend(client, n=5, explain=False)
    assert ids(with_reasons) == ids(without)
    assert all(one["reasons"] == [] for one in without["videos"])


def test_titles_and_tag_names_come_from_the_store(client: httpx.Client):
    client.put("/v1/videos/named", json={"title": "A pan", "tags": ["category:cooking"]})
    client.put("/v1/tags/category:cooking", json={"names": [{"name": "Cooking"}, {"name": "Kochen", "language": "de"}]})
    answer = recommend(client, tags={"category:cooking": 1.0}, n=200)
    assert next(one["title"] for one in answer["videos"] if one["video_id"] == "named") == "A pan"
    reasons = [part for one in answer["videos"] for part in one["reasons"] if part["id"] == "category:cooking"]
    assert {part["name"] for part in reasons} == {"Cooking"}


def test_both_ways_of_asking_give_one_answer(client: httpx.Client, warm_viewer: str):
    posted = recommend(client, viewer_id=warm_viewer, n=7)
    got = client.get(f"/v1/viewers/{warm_viewer}/recommendations", params={"n": 7}).json()
    assert ids(posted) == ids(got)


def test_similar_videos_share_tags_and_leave_the_video_itself_out(client: httpx.Client, made):
    answer = client.get("/v1/videos/video-000/similar", params={"n": 5}).json()
    tags = made.tables.taggings.groupby("video_id")["tag_id"].agg(set)
    assert "video-000" not in ids(answer)
    assert sum(bool(tags["video-000"] & tags[one]) for one in ids(answer)) >= 4


def test_similar_works_for_a_video_put_just_now(client: httpx.Client):
    client.put("/v1/videos/fresh", json={"tags": ["category:cooking", "object:phone"]})
    assert len(client.get("/v1/videos/fresh/similar", params={"n": 5}).json()["videos"]) == 5
    client.delete("/v1/videos/fresh")
    assert client.get("/v1/videos/fresh/similar").status_code == 404


def test_without_a_bundle_recommendations_say_what_to_do_and_writes_work(serve, settings, tmp_path):
    client = serve(settings.model_copy(update={"bundles": tmp_path / "none"}))
    answer = client.post("/v1/recommendations", json={})
    assert answer.status_code == 503
    assert "tagreel run" in answer.json()["detail"]
    assert client.get("/v1/videos/x/similar").status_code == 503
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert client.put("/v1/videos/x", json={"title": "kept"}).status_code == 200
    assert client.post("/v1/events", json={"viewer_id": "u", "video_id": "x", "event_type": "play"}).status_code == 200
    assert client.get("/v1/videos/x").json()["title"] == "kept"


def test_with_no_viewer_kept_answers_are_the_same(client: httpx.Client, serve, settings):
    other = serve(settings.model_copy(update={"kept_viewers": 0}))
    for one in (client, other):
        answers = [ids(one.get("/v1/viewers/u/recommendations").json()) for _ in range(2)]
        assert answers[0] == answers[1] == ids(recommend(client, viewer_id="u"))
        alike = [one.get("/v1/videos/video-000/similar").json()["videos"] for _ in range(2)]
        assert alike[0] == alike[1] == client.get("/v1/videos/video-000/similar").json()["videos"]
    rows = [[ids(row) for row in one.get("/v1/viewers/u/rows").json()["rows"]] for one in (client, other)]
    assert rows[0] == rows[1]


def test_what_the_address_says_is_what_the_body_says(client: httpx.Client):
    parameters = {"n": 7, "explain": False, "include_seen": True, "diversity": 0.3, "filter": "duration_s > 1"}
    by_address = client.get("/v1/viewers/u/recommendations", params=parameters).json()
    assert ids(by_address) == ids(recommend(client, viewer_id="u", **parameters))
    assert len(by_address["videos"]) == 7
    assert not by_address["videos"][0]["reasons"]


@pytest.mark.parametrize(
    ("query", "field"), [("n=0", "n"), ("n=x", "n"), ("explain=perhaps", "explain"), ("diversity=2", "diversity")]
)
def test_a_parameter_that_cannot_be_is_named(client: httpx.Client, query: str, field: str):
    answer = client.get(f"/v1/viewers/u/recommendations?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_every_broken_rule_of_an_address_is_told_with_where_it_was(client: httpx.Client):
    long = "u" * 201
    for _ in range(2):  # what is wrong is not kept as if it were right
        answer = client.get(
            f"/v1/viewers/{long}/recommendations", params={"n": 0, "diversity": 2, "explain": "perhaps"}
        )
        assert answer.status_code == 422
        assert {one["field"] for one in answer.json()["errors"]} == {"viewer_id", "n", "diversity", "explain"}


def test_the_same_words_of_different_viewers_are_answered_for_each(client: httpx.Client, warm_viewer: str):
    first, second = (client.get(f"/v1/viewers/{one}/recommendations?n=3").json() for one in (warm_viewer, "nobody"))
    assert (first["viewer_id"], second["viewer_id"]) == (warm_viewer, "nobody")
    assert first["fallback"] is None
    assert second["fallback"] == "popularity"


def test_steps_last_an_hour_and_end_at_different_times():
    now = 1_790_000_000_000
    ends = {step_end(now, f"u{n}") for n in range(100)}
    assert len(ends) > 90
    assert all(now <= one < now + AGE_STEP_MS for one in ends)
    end = step_end(now, "u")
    assert step_end(end, "u") == end
    assert step_end(end + 1, "u") == end + AGE_STEP_MS
