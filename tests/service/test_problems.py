"""Every error of every route has one shape."""

import re

import httpx

from service.app import create_app
from service.problems import MEDIA_TYPE
from service.settings import Settings
from service.storage.store import Store

LONG = "x" * 201
JSON = {"content-type": "application/json"}
BAD = [
    ("GET", "/nowhere", {}, 404, None),
    ("GET", "/v1/vids", {}, 404, None),
    ("POST", "/healthz", {}, 405, None),
    ("DELETE", "/v1/events", {}, 405, None),
    ("POST", "/v1/recommendations", {"content": b"{"}, 415, None),
    ("POST", "/v1/recommendations", {"content": b"{", "headers": JSON}, 400, None),
    ("POST", "/v1/recommendations", {"content": b"{}", "headers": {"content-type": "text/plain"}}, 415, None),
    ("POST", "/v1/recommendations", {"json": {"n": 0}}, 422, "n"),
    ("POST", "/v1/recommendations", {"json": {"n": 201}}, 422, "n"),
    ("POST", "/v1/recommendations", {"json": {"n": 10**30}}, 422, "n"),
    ("POST", "/v1/recommendations", {"json": {"viewer_id": LONG}}, 422, "viewer_id"),
    ("POST", "/v1/recommendations", {"json": {"viewer": "u"}}, 422, "viewer"),
    ("POST", "/v1/recommendations", {"json": {"tags": {"a": 11}}}, 422, "tags.a"),
    ("POST", "/v1/recommendations", {"json": {"tags": {"": 1}}}, 422, "tags."),
    ("POST", "/v1/recommendations", {"content": b'{"tags": {"a": NaN}}', "headers": JSON}, 422, "tags.a"),
    ("POST", "/v1/recommendations", {"json": {"history": [{"video_id": 5}]}}, 422, "history[0].video_id"),
    ("POST", "/v1/recommendations", {"json": {"exclude": ["v"] * 5001}}, 422, "exclude"),
    ("GET", "/v1/viewers/u/recommendations?n=x", {}, 422, "n"),
    ("GET", f"/v1/viewers/{LONG}/recommendations", {}, 422, "viewer_id"),
    ("GET", "/v1/viewers/a%00b", {}, 422, "viewer_id"),
    ("GET", "/v1/viewers/u/profile?history=-1", {}, 422, "history"),
    ("DELETE", "/v1/viewers/u/profile", {}, 422, "viewer_id"),
    ("PUT", "/v1/viewers/u", {"json": {"attributes": {"a": "x" * 30_000}}}, 422, "attributes"),
    ("PUT", "/v1/videos/v", {"json": {"title": 5}}, 422, "title"),
    ("PUT", "/v1/videos/v", {"json": {"title": "a\0b"}}, 422, "title"),
    ("PUT", "/v1/videos/v", {"content": b'{"title": "\\ud800"}', "headers": JSON}, 422, "title"),
    ("PUT", "/v1/videos/v", {"json": {"duration_s": -1}}, 422, "duration_s"),
    ("PUT", "/v1/videos/v", {"json": {"published_at": "yesterday"}}, 422, "published_at"),
    (
        "PUT",
        "/v1/videos/v",
        {"json": {"available_from": 10**12, "available_until": 9 * 10**11}},
        422,
        "available_until",
    ),
    ("PUT", "/v1/videos/v", {"json": {"tags": ["a", {"tag": "b", "confidence": 1.5}]}}, 422, "tags[1].confidence"),
    ("PUT", "/v1/videos/v", {"json": {"tags": [{"tag": "b", "source": "me"}]}}, 422, "tags[0].source"),
    ("PUT", "/v1/videos/v", {"json": {"tags": ["a"] * 501}}, 422, "tags"),
    ("PUT", "/v1/videos/v/tags", {"json": {}}, 422, "tags"),
    ("GET", "/v1/videos/v/similar?n=1000", {}, 422, "n"),
    ("GET", "/v1/tags?limit=0", {}, 422, "limit"),
    ("PUT", "/v1/tags/t", {"json": {"dimension": "smell"}}, 422, "dimension"),
    ("GET", "/v1/videos/unknown", {}, 404, None),
    ("GET", "/v1/viewers/unknown", {}, 404, None),
    ("POST", "/v1/events", {"content": b" " * 9_000_000}, 413, None),
    ("PUT", "/v1/videos/v", {"content": (b"x" * 1000 for _ in range(9000)), "headers": JSON}, 413, None),
]


def test_every_error_is_a_problem_that_names_field_value_and_rule(client: httpx.Client):
    for method, address, more, status, field in BAD:
        answer = client.request(method, address, **more)
        what = f"{method} {address} {str(more)[:80]}: {answer.text[:300]}"
        assert answer.status_code == status, what
        assert answer.headers["content-type"] == MEDIA_TYPE, what
        body = answer.json()
        assert body["type"].startswith("urn:tagreel:problem:"), what
        assert body["status"] == status, what
        assert body["title"], what
        assert body["detail"], what
        assert body["instance"].startswith("/"), what
        assert len(answer.content) < 3000, what
        if field is not None:
            assert body["errors"][0]["field"] == field, what
            assert "value" in body["errors"][0], what
            assert body["errors"][0]["rule"], what


def test_an_error_inside_is_a_problem_that_gives_nothing_away(client: httpx.Client, settings, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("service.answering.recommendations", broken)
    answer = client.post("/v1/recommendations", json={})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "secret" not in answer.text


def test_a_locked_store_is_a_503_that_says_try_again(serve, settings):
    client = serve(settings.model_copy(update={"busy_timeout_s": 0.05}))
    other = Store.open(settings.store_url)
    with other.engine.execution_options(tagreel_writes=True).begin():
        answer = client.post("/v1/events", json={"viewer_id": "u", "video_id": "v", "event_type": "play"})
        assert client.post("/v1/recommendations", json={}).status_code == 200
    other.close()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "urn:tagreel:problem:store-unavailable"


def test_openapi_describes_every_route_and_its_problems(tmp_path):
    document = create_app(Settings(store_url=f"sqlite:///{tmp_path}/s.db")).openapi()
    assert "ProblemBody" in document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert told["summary"], (method, path)
            problems = {status: one for status, one in told["responses"].items() if status >= "400"}
            assert {"500", "503"} <= problems.keys(), (method, path)
            assert {"401", "403", "429"} <= problems.keys() or not told["security"], (method, path)
            assert {"400", "413", "422"} <= problems.keys() or "requestBody" not in told, (method, path)
            assert all(list(one["content"]) == [MEDIA_TYPE] for one in problems.values()), (method, path)
    text = str(document)
    for name in document["components"]["schemas"]:
        assert "Validation" not in name
    for reference in set(re.findall(r"#/components/schemas/([\w-]+)", text)):
        assert reference in document["components"]["schemas"]
