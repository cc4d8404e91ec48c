"""Events: accepted once, reported one by one, never lost."""

from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

EVENT = {"event_id": "e1", "viewer_id": "u1", "video_id": "v1", "event_type": "play"}


def stored(settings) -> list[dict[str, Any]]:
    engine = create_engine(settings.store_url)
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(text("select * from events order by event_id")).mappings()]
    engine.dispose()
    return rows


def test_an_event_is_kept_as_it_was_sent(serve, settings):
    client = serve(clock=lambda: 1_800_000_000_000)
    more = {"value": 4.5, "watched_s": 21.5, "request_id": "r", "context": {"device": "tv"}}
    sent = {**EVENT, **more, "occurred_at": "2027-01-15T08:00:00+01:00"}
    assert client.post("/v1/events", json=sent).json()["results"] == [
        {"event_id": "e1", "status": "accepted", "errors": []}
    ]
    assert stored(settings) == [
        {
            **EVENT,
            **more,
            "context": '{"device": "tv"}',
            "occurred_at": 1_799_996_400_000,
            "received_at": 1_800_000_000_000,
        }
    ]


def test_a_repeated_event_changes_nothing(client: httpx.Client, settings):
    client.post("/v1/events", json=EVENT)
    first = stored(settings)
    again = client.post("/v1/events", json={**EVENT, "event_type": "like", "video_id": "v2"}).json()
    assert (again["accepted"], again["repeated"]) == (0, 1)
    assert again["results"][0]["status"] == "repeated"
    assert stored(settings) == first


def test_an_id_repeated_within_a_batch_counts_once_and_the_first_wins(client: httpx.Client, settings):
    answer = client.post("/v1/events", json=[EVENT, {**EVENT, "video_id": "v2"}]).json()
    assert [one["status"] for one in answer["results"]] == ["accepted", "repeated"]
    assert [one["video_id"] for one in stored(settings)] == ["v1"]


def test_ids_are_made_up_where_they_are_missing(client: httpx.Client, settings):
    bare = {name: value for name, value in EVENT.items() if name != "event_id"}
    answer = client.post("/v1/events", json={"events": [bare, bare]}).json()
    assert answer["accepted"] == 2
    assert {one["event_id"] for one in answer["results"]} == {one["event_id"] for one in stored(settings)}


def test_of_a_batch_the_good_are_kept_and_the_bad_reported(client: httpx.Client, settings):
    bad: list[tuple[Any, str]] = [
        ({**EVENT, "event_type": "zap"}, "event_type"),
        ({**EVENT, "occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
        ({**EVENT, "occurred_at": "2026-01-01T00:00:00"}, "occurred_at"),
        ({**EVENT, "occurred_at": 1_700_000_000}, "occurred_at"),
        ({**EVENT, "occurred_at": True}, "occurred_at"),
        ({**EVENT, "watched_s": -1}, "watched_s"),
        ({**EVENT, "viewer_id": ""}, "viewer_id"),
        ({**EVENT, "viewer_id": "x" * 201}, "viewer_id"),
        ({**EVENT, "video_id": "a\nb"}, "video_id"),
        ({**EVENT, "surprise": 1}, "surprise"),
        ("not an object", ""),
        (None, ""),
    ]
    good = [{**EVENT, "event_id": f"good{i}"} for i in range(3)]
    answer = client.post("/v1/events", json=[good[0], *(one for one, _ in bad), *good[1:]]).json()
    assert (answer["accepted"], answer["repeated"], answer["rejected"]) == (3, 0, len(bad))
    for (_, field), result in zip(bad, answer["results"][1:-2], strict=True):
        assert result["status"] == "rejected"
        assert result["errors"][0]["field"] == field
        assert result["errors"][0]["rule"]
    assert [one["event_id"] for one in stored(settings)] == ["good0", "good1", "good2"]


def test_one_bad_event_alone_is_a_problem(client: httpx.Client):
    answer = client.post("/v1/events", json={**EVENT, "watched_s": "long"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "watched_s"
    assert answer.json()["errors"][0]["value"] == "long"


@pytest.mark.parametrize("body", [b"", b"{", b'{"events": [NaN]}', b"\xff\xfe", b'"\\ud800"', b"[" * 100_000])
def test_a_body_that_is_no_json_is_a_problem(client: httpx.Client, body: bytes):
    answer = client.post("/v1/events", content=body)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:tagreel:problem:malformed-json"


def test_a_batch_over_the_limit_says_so(client: httpx.Client):
    answer = client.post("/v1/events", json=[EVENT] * 1001)
    assert answer.status_code == 422
    assert "1 to 1000" in answer.json()["detail"]
