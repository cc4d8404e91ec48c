"""Experiments: who is in which variant, what it changes, and what the report makes of it."""

from collections import Counter
from typing import Any

import httpx
import pytest

from service.experiments import Experiment, Variant

TWO = {"variants": [{"name": "control"}, {"name": "short", "request": {"n": 3}, "weight": 3}]}


def ask(client: httpx.Client, viewer: str, **body: Any) -> dict[str, Any]:
    return client.post("/v1/recommendations", json={"viewer_id": viewer, **body}).json()


def test_viewers_are_split_by_weight_stay_where_they_are_and_differently_in_another_experiment():
    variants = (Variant("a", 1.0), Variant("b", 3.0))
    one, other = Experiment("one", variants, 0), Experiment("other", variants, 0)
    names = [one.variant_of(f"viewer-{i}").name for i in range(4000)]
    assert 0.72 < Counter(names)["b"] / 4000 < 0.78
    assert names == [one.variant_of(f"viewer-{i}").name for i in range(4000)]
    both = Counter((name, other.variant_of(f"viewer-{i}").name) for i, name in enumerate(names))
    assert abs(both["a", "a"] / 4000 - 1 / 16) < 0.02
    assert one.variant_of("half \ud800").name in {"a", "b"}


def test_a_variant_sets_what_a_request_does_not_and_is_named(client: httpx.Client):
    plain = ask(client, "u")
    assert plain["variant"] is None
    begun = client.put("/v1/experiments/lengths", json=TWO)
    assert begun.status_code == 200, begun.text
    lengths = {}
    for i in range(40):
        answer = ask(client, f"u{i}")
        lengths[answer["variant"]] = len(answer["videos"])
        assert len(ask(client, f"u{i}", n=5)["videos"]) == 5
    assert lengths == {"lengths/control": 20, "lengths/short": 3}
    assert client.post("/v1/recommendations", json={}).json()["variant"] is None
    pinned = [ask(client, f"u{i}", pins=[{"video_id": "video-001", "position": 9}]) for i in range(9)]
    assert {one["videos"][8]["video_id"] for one in pinned} == {"video-001"}
    assert client.get("/v1/viewers/u1/recommendations").json()["variant"].startswith("lengths/")
    assert client.post("/v1/experiments/lengths:end").json()["ended_at"]
    assert ask(client, "u")["variant"] is None


def test_a_variant_may_rank_with_another_bundle(client: httpx.Client, made):
    variants = [{"name": "control"}, {"name": "next", "bundle": made.versions[1]}]
    assert client.put("/v1/experiments/bundles", json={"variants": variants}).status_code == 200
    found = {(one["variant"], one["bundle"]) for one in (ask(client, f"u{i}") for i in range(30))}
    assert found == {("bundles/control", made.versions[0]), ("bundles/next", made.versions[1])}
    client.put("/v1/videos/new", json={"tags": ["only here"]})
    for i in range(30):  # both know what came since
        answer = ask(client, f"u{i}", filter='tags has "only here"')
        assert [one["video_id"] for one in answer["videos"]] == ["new"]


def test_other_workers_follow(client: httpx.Client, serve, until):
    other = serve()
    client.put("/v1/experiments/lengths", json=TWO)
    until(lambda: ask(other, "u")["variant"] == ask(client, "u")["variant"] is not None)
    client.post("/v1/experiments/lengths:end")
    until(lambda: ask(other, "u")["variant"] is None)


def test_the_report_counts_what_was_shown_and_taken_each_once(client: httpx.Client, until):
    client.put("/v1/experiments/lengths", json=TWO)
    taken = Counter[str]()
    for i in range(60):
        answer = ask(client, f"u{i}")
        event = {"viewer_id": f"u{i}", "event_type": "play", "request_id": answer["request_id"]}
        videos = [one["video_id"] for one in answer["videos"]]
        if answer["variant"].endswith("short"):
            taken["short"] += 1
            for _ in range(2):  # twice is once
                client.post("/v1/events", json={**event, "video_id": videos[0]})
        client.post("/v1/events", json={**event, "video_id": "not shown"})
        client.post("/v1/events", json={**event, "viewer_id": "somebody else", "video_id": videos[1]})
    until(lambda: sum(one["n_viewers"] for one in report(client)["variants"]) == 60)
    control, short = report(client)["variants"]
    assert (control["name"], control["n_taken"], control["n_shown"]) == ("control", 0, 20 * control["n_viewers"])
    n = taken["short"]
    assert (short["n_viewers"], short["n_taken"], short["n_shown"]) == (n, n, 3 * n)
    assert short["rate"] == pytest.approx(1 / 3)
    assert report(client)["is_sound"]


def report(client: httpx.Client) -> dict[str, Any]:
    return client.get("/v1/experiments/lengths/report").json()


def test_one_runs_at_a_time_and_none_changes_while_it_runs(client: httpx.Client):
    assert client.put("/v1/experiments/lengths", json=TWO).status_code == 200
    assert client.put("/v1/experiments/lengths", json=TWO).status_code == 200
    assert client.put("/v1/experiments/another", json=TWO).status_code == 409
    changed = {"variants": [{"name": "control"}, {"name": "short"}]}
    assert client.put("/v1/experiments/lengths", json=changed).status_code == 409
    client.post("/v1/experiments/lengths:end")
    assert client.put("/v1/experiments/lengths", json=TWO).status_code == 409
    assert client.put("/v1/experiments/another", json=TWO).status_code == 200
    every = client.get("/v1/experiments").json()["experiments"]
    assert [one["experiment_id"] for one in every] == ["another", "lengths"]


@pytest.mark.parametrize(
    ("variants", "field"),
    [
        ([{"name": "only"}], "variants"),
        ([{"name": "a"}, {"name": "a"}], "variants"),
        ([{"name": "a"}, {"name": "b", "weight": 0}], "variants[1].weight"),
        ([{"name": "a"}, {"name": "b", "request": {"viewer_id": "x"}}], "variants[1].request"),
        ([{"name": "a"}, {"name": "b", "request": {"diversity": 7}}], "variants[1].request"),
        ([{"name": "a"}, {"name": "b", "request": {"filter": "duration_s <"}}], "variants[1].request"),
        ([{"name": "a"}, {"name": "b/c"}], "variants[1].name"),
        ([{"name": "a"}, {"name": "b", "bundle": "0" * 16}], "variants[1].bundle"),
        ([{"name": "a"}, {"name": "b", "bundle": "../../etc"}], "variants[1].bundle"),
    ],
)
def test_an_experiment_that_cannot_be_is_named(client: httpx.Client, variants: list[dict[str, Any]], field: str):
    answer = client.put("/v1/experiments/x", json={"variants": variants})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


def test_an_unknown_experiment_is_a_problem(client: httpx.Client):
    assert client.get("/v1/experiments/nope").status_code == 404
    assert client.get("/v1/experiments/nope/report").status_code == 404
    assert client.post("/v1/experiments/nope:end").status_code == 404
    assert client.put("/v1/experiments/no%2Fpe", json=TWO).status_code in (404, 422)


def test_exploration_learns_from_what_was_shown_and_taken(serve, settings, until):
    client = serve(settings.model_copy(update={"explore": 0.5}))
    for i in range(6):
        client.put(f"/v1/videos/new-{i}", json={"tags": ["nobody uses"]})
    for i in range(30):
        answer = ask(client, f"u{i}", n=8, filter='tags has "nobody uses"')
        for one in answer["videos"]:
            if one["video_id"] == "new-3":
                event = {"viewer_id": f"u{i}", "event_type": "like", "request_id": answer["request_id"]}
                client.post("/v1/events", json={**event, "video_id": "new-3"})

    def first() -> Counter[str]:
        asked = [ask(client, f"w{i}", n=2, explore=0.5, exclude=[], log=False)["videos"] for i in range(40)]
        return Counter(one["video_id"] for videos in asked for one in videos if one["video_id"].startswith("new"))

    until(lambda: first()["new-3"] > 10, within_s=20)
