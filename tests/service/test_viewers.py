"""Viewers: what is known of them, what they say themselves, and that they can be forgotten."""

import asyncio
from pathlib import Path

import httpx
import pytest
from sqlalchemy import MetaData, create_engine, select

from service.found import Found, Ranked
from service.impressions import ImpressionLog
from service.schemas.recommendations import Recommendations
from service.storage.store import Store

SECRET = "viewer-to-forget-7f3a"


def test_a_viewer_is_put_and_looked_up(client: httpx.Client):
    assert client.get("/v1/viewers/u1").status_code == 404
    put = client.put("/v1/viewers/u1", json={"attributes": {"country": "FI"}})
    assert put.json() == client.get("/v1/viewers/u1").json()
    assert put.json()["attributes"] == {"country": "FI"}
    assert put.json()["n_events"] == 0


def test_a_viewer_known_by_events_alone_can_be_looked_up(client: httpx.Client):
    client.post("/v1/events", json={"viewer_id": "u1", "video_id": "v", "event_type": "play", "occurred_at": 10**12})
    found = client.get("/v1/viewers/u1").json()
    assert (found["n_events"], found["last_event_at"]) == (1, "2001-09-09T01:46:40.000Z")


def test_a_profile_holds_what_was_stated_and_done(client: httpx.Client):
    client.put("/v1/tags/a", json={"names": [{"name": "Alpha"}]})
    client.put("/v1/videos/v", json={"title": "Vee"})
    client.post("/v1/events", json={"viewer_id": "u", "video_id": "v", "event_type": "like"})
    change = {"like": ["a"], "mute": ["b"], "weigh": {"c": 2.5}, "forget": ["d"]}
    profile = client.patch("/v1/viewers/u/profile", json=change).json()
    assert profile == client.get("/v1/viewers/u/profile").json()
    assert [(one["tag"], one["name"], one["state"], one["weight"]) for one in profile["tags"]] == [
        ("a", "Alpha", "liked", 1.0),
        ("b", None, "muted", 1.0),
        ("c", None, "liked", 2.5),
        ("d", None, "forgotten", 1.0),
    ]
    assert [(one["video_id"], one["title"], one["event_type"]) for one in profile["history"]] == [("v", "Vee", "like")]


def test_the_last_word_on_a_tag_counts_and_can_be_taken_back(client: httpx.Client):
    client.patch("/v1/viewers/u/profile", json={"like": ["a", "b"]})
    profile = client.patch("/v1/viewers/u/profile", json={"mute": ["a"], "clear": ["b"]}).json()
    assert [(one["tag"], one["state"]) for one in profile["tags"]] == [("a", "muted")]


@pytest.mark.parametrize(
    "change", [{"like": ["a"], "mute": ["a"]}, {"weigh": {"a": 11}}, {"weigh": {"a": -1}}, {"like": [""]}, {"up": []}]
)
def test_a_change_that_makes_no_sense_is_refused(client: httpx.Client, change: dict):
    assert client.patch("/v1/viewers/u/profile", json=change).status_code == 422
    assert client.get("/v1/viewers/u/profile").json()["tags"] == []


def _everything(store_url: str) -> str:
    engine, found = create_engine(store_url), MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        rows = [row for table in found.tables.values() for row in connection.execute(select(table))]
    engine.dispose()
    assert len(found.tables) > 10
    return repr(rows)


def test_a_forgotten_viewer_is_nowhere_in_the_store(client: httpx.Client, settings, tmp_path: Path, until):
    client.put(f"/v1/viewers/{SECRET}", json={"attributes": {"name": "x"}})
    client.patch(f"/v1/viewers/{SECRET}/profile", json={"like": ["category:cooking"]})
    client.post("/v1/events", json=[{"viewer_id": SECRET, "video_id": "v", "event_type": "play"}] * 5)
    client.get(f"/v1/viewers/{SECRET}/recommendations")
    until(lambda: client.get("/readyz").json()["waiting_impressions"] == 0)
    assert SECRET in _everything(settings.store_url)
    client.get(f"/v1/viewers/{SECRET}/recommendations")  # may still wait to be written
    gone = client.delete(f"/v1/viewers/{SECRET}")
    assert gone.json()["deleted_rows"] >= 8
    until(lambda: client.get("/readyz").json()["waiting_impressions"] == 0)
    assert SECRET not in _everything(settings.store_url)
    assert not any(SECRET.encode() in path.read_bytes() for path in tmp_path.glob("store.db*"))
    assert client.get(f"/v1/viewers/{SECRET}").status_code == 404
    assert client.get(f"/v1/viewers/{SECRET}/recommendations").json()["fallback"] == "popularity"


def test_what_another_process_showed_before_is_not_written_after(client: httpx.Client, settings):
    """Another worker's queue, written after the viewer was forgotten here."""
    answer = Recommendations.model_validate(client.get(f"/v1/viewers/{SECRET}/recommendations?log=false").json())
    ranked = Ranked.of(answer.videos, answer.fallback, answer.n_candidates)
    shown = Found(answer.request_id, SECRET, answer.bundle, answer.as_of, ranked)
    store = Store.open(settings.store_url)
    other = ImpressionLog(store, most=100)
    other.add(shown)
    client.delete(f"/v1/viewers/{SECRET}")
    asyncio.run(other.flush())
    store.close()
    assert SECRET not in _everything(settings.store_url)
