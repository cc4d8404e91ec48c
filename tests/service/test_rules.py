"""Rules over HTTP: what a request asks beyond the scores."""

import math
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text


def recommend(client: httpx.Client, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post("/v1/recommendations", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def ids(answer: dict[str, Any]) -> list[str]:
    return [one["video_id"] for one in answer["videos"]]


def test_all_rules_at_once_are_kept_and_the_reasons_still_sum(client: httpx.Client):
    plain = ids(recommend(client, n=120))
    first, last = plain[0], plain[-1]
    answer = recommend(
        client,
        n=10,
        boosts=[{"filter": f'video_id = "{last}"', "strength": 1}],
        pins=[{"video_id": plain[50], "position": 4}],
        quotas=[{"filter": f'video_id = "{first}"', "at_most": 0}],
        diversity=0.2,
    )
    assert last in ids(answer)[:2]
    assert ids(answer)[3] == plain[50]
    assert answer["videos"][3]["source"] == "pin"
    assert first not in ids(answer)
    assert len(answer["videos"]) == 10
    for one in answer["videos"]:
        assert math.isclose(sum(part["value"] for part in one["reasons"]), one["score"], abs_tol=1e-5)
        assert one["propensity"] == 1


def test_what_was_shown_and_not_taken_rotates(client: httpx.Client, until):
    best = ids(recommend(client, viewer_id="u", n=3))
    client.post("/v1/events", json={"viewer_id": "u", "video_id": best[1], "event_type": "impression"})
    until(lambda: ids(recommend(client, viewer_id="u", n=3, rotation=1, log=False))[0] != best[0])
    assert ids(recommend(client, viewer_id="u", n=3, log=False)) == best
    assert ids(recommend(client, viewer_id="somebody else", n=3, rotation=1, log=False)) == best


def test_exploration_shows_new_videos_and_writes_down_how_likely_each_was(client: httpx.Client, settings, until):
    for i in range(30):
        client.put(f"/v1/videos/new-{i}", json={"tags": ["nobody uses"]})
    answers = [recommend(client, viewer_id="u", n=10, explore=0.3, context={"page": "home"}) for _ in range(5)]
    shown = [one for answer in answers for one in answer["videos"] if one["state"] == "cold"]
    assert len(shown) >= 15
    assert all(0 < one["propensity"] < 1 for one in shown)
    assert len({one["video_id"] for one in shown}) > 3
    engine = create_engine(settings.store_url)
    rows = "SELECT shown, context FROM impressions"
    with engine.connect() as connection:
        until(lambda: len(connection.execute(text(rows)).all()) == 5)
        written = connection.execute(text(rows)).all()
    engine.dispose()
    assert all(context == '{"page": "home"}' for _, context in written)
    assert any(str(shown[0]["propensity"])[:8] in one for one, _ in written)


def test_the_service_can_explore_by_default(serve, settings):
    client = serve(settings.model_copy(update={"explore": 0.5}))
    for i in range(10):
        client.put(f"/v1/videos/new-{i}", json={"tags": ["nobody uses"]})
    assert sum(one["state"] == "cold" for one in recommend(client, n=10)["videos"]) >= 5
    assert not any(one["state"] == "cold" for one in recommend(client, n=10, explore=0)["videos"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"boosts": [{"filter": "duration_s <", "strength": 1}]}, "boosts[0].filter"),
        ({"quotas": [{"filter": "tags ="}]}, "quotas[0].filter"),
        ({"boosts": [{"filter": "tags exists", "strength": 2}]}, "boosts[0].strength"),
        ({"pins": [{"video_id": "a", "position": 21}]}, ""),
        ({"pins": [{"video_id": "a", "position": 1}, {"video_id": "b", "position": 1}]}, ""),
        ({"quotas": [{"filter": "tags exists", "at_least": 3, "at_most": 2}]}, "quotas[0]"),
        ({"quotas": [{"filter": "tags exists", "at_least": 15}, {"filter": "tags exists", "at_least": 15}]}, ""),
        ({"diversity": 1.5}, "diversity"),
        ({"pins": [{"video_id": "a", "position": 1}] * 21}, "pins"),
    ],
)
def test_a_rule_that_cannot_be_is_named(client: httpx.Client, body: dict[str, Any], field: str):
    assert recommend(client, 422, **body)["errors"][0]["field"] == field


def test_a_muted_tag_is_shown_no_more_until_it_is_cleared(client: httpx.Client, made):
    taggings = made.tables.taggings
    tagged = set(taggings[taggings["tag_id"].str.startswith("object:phone")]["video_id"])
    plain = recommend(client, viewer_id="u", n=120)
    assert tagged & set(ids(plain))
    client.patch("/v1/viewers/u/profile", json={"mute": ["object:phone"]})
    assert not tagged & set(ids(recommend(client, viewer_id="u", n=120)))
    client.patch("/v1/viewers/u/profile", json={"clear": ["object:phone"]})
    assert ids(recommend(client, viewer_id="u", n=120)) == ids(plain)
