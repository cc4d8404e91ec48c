"""When a key is asked for, how it may be shown, and how often it may be used."""

import httpx
import pytest

from service.request_log import UNMATCHED
from service.stack import EXPOSED


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:tagreel:problem:")


def test_without_any_key_nobody_is_asked(client):
    assert client.get("/v1/tags").status_code == 200
    assert client.get("/metrics").status_code == 200
    assert client.get("/v1/tags", headers={"X-API-Key": "of another service"}).status_code == 200
    assert kind(client.get("/v1/tags", headers={"X-API-Key": "tr_of_ours"})) == (401, "key-unknown")


def test_a_first_key_closes_a_running_service_and_no_revocation_opens_it(client, mint, revoke, until):
    assert client.get("/v1/tags").status_code == 200
    admin = mint("admin")
    until(lambda: client.get("/v1/tags").status_code == 401)
    [key] = client.get("/v1/keys", headers=admin).json()["keys"]
    revoke(key["key_id"])
    until(lambda: client.get("/v1/tags", headers=admin).status_code == 401)
    assert kind(client.get("/v1/tags", headers=admin)) == (401, "key-unknown")
    assert kind(client.get("/v1/tags")) == (401, "key-missing")


def test_required_asks_before_there_is_a_key_and_open_asks_nobody_after(serve, settings, mint):
    required, opened = (serve(settings.model_copy(update={"auth": one})) for one in ("required", "open"))
    assert kind(required.get("/v1/tags")) == (401, "key-missing")
    assert required.get("/healthz").status_code == required.get("/readyz").status_code == 200
    mint("read")
    assert opened.get("/v1/tags").status_code == 200


def test_an_open_service_still_knows_whose_a_key_is(serve, settings, mint):
    acme = mint("write", "acme")
    client = serve(settings.model_copy(update={"auth": "open"}))
    client.put("/v1/videos/v", json={"title": "acme's"}, headers=acme)
    assert client.get("/v1/videos/v", headers=acme).json()["title"] == "acme's"
    assert client.get("/v1/videos/v").status_code == 404
    assert kind(client.get("/v1/keys")) == (401, "key-missing")


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}", "BEARER   {}"])
def test_a_key_is_shown_in_either_header(mint, serve, form: str):
    key = mint("read")["X-API-Key"]
    header = "X-API-Key" if form == "{}" else "Authorization"
    assert serve().get("/v1/tags", headers={header: form.format(key)}).status_code == 200


@pytest.mark.parametrize(
    "value", [b"\xff\xfe", b"tr_" + b"x" * 5000, b"tv_" + b"." * 500, b"Basic dXNlcjpwYXNz", b"tr_"]
)
def test_whatever_else_is_sent_is_no_key(mint, serve, value: bytes):
    mint("read")
    client = serve()
    for name in ("X-API-Key", "Authorization"):
        assert client.get("/v1/tags", headers={name: value}).status_code == 401
    assert client.get("/v1/tags", headers={"Authorization": b"Bearer " + value}).status_code == 401


def test_a_limited_key_is_told_how_it_stands_and_stopped(mint, serve):
    key, other = mint("read", per_minute=3), mint("read")
    client = serve()
    answers = [client.get("/v1/tags", headers=key) for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert [one.headers["ratelimit-remaining"] for one in answers] == ["2", "1", "0", "0", "0"]
    assert {one.headers["ratelimit-limit"] for one in answers} == {"3"}
    assert kind(answers[3]) == (429, "too-many-requests")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert "retry-after" not in answers[0].headers
    unlimited = client.get("/v1/tags", headers=other)
    assert (unlimited.status_code, "ratelimit-limit" in unlimited.headers) == (200, False)


def test_requests_that_fail_count_too(mint, serve):
    key = mint("read", per_minute=2)
    client = serve()
    assert client.get("/v1/tags?limit=0", headers=key).headers["ratelimit-remaining"] == "1"
    assert kind(client.post("/v1/events", headers=key)) == (403, "scope-too-low")
    assert client.get("/v1/tags", headers=key).status_code == 429


def test_addresses_where_nothing_is_need_no_key(mint, serve):
    mint("read")
    client = serve()
    assert client.get("/nothing").status_code == 404
    assert client.delete("/healthz").status_code == 405
    assert client.get("/openapi.json").status_code == 200


def test_requests_are_counted_for_who_sent_them(mint, serve):
    acme, ours = mint("read", "acme"), mint("admin")
    client = serve()
    for headers in (acme, acme, ours, {}):
        client.get("/v1/tags", headers=headers)
    client.get("/nothing", headers=acme)
    counted = client.get("/metrics", headers=ours).text.splitlines()
    line = 'tagreel_requests_total{{method="GET",route="{}",status="{}",tenant="{}"}} {}'
    for route, status, tenant, n in [
        ("/v1/tags", 200, "acme", 2.0), ("/v1/tags", 200, "default", 1.0), ("/v1/tags", 401, "", 1.0),
        (UNMATCHED, 404, "", 1.0),
    ]:  # fmt: skip
        assert line.format(route, status, tenant, n) in counted


def test_web_pages_of_other_origins_may_ask_only_where_they_are_named(serve, settings, mint):
    key = mint("read", per_minute=10)
    origin = {"Origin": "https://shop.example"}
    preflight = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    closed = serve()
    assert closed.options("/v1/events", headers=preflight).status_code == 405
    assert "access-control-allow-origin" not in closed.get("/v1/tags", headers={**key, **origin}).headers
    named = serve(settings.model_copy(update={"cors_origins": ("https://shop.example",)}))
    asked = named.options("/v1/events", headers=preflight)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, "https://shop.example")
    for address, headers, status in (
        ("/v1/tags", key, 200), ("/v1/tags", {}, 401), ("/v1/viewers/u/recommendations?n=0", key, 422),
    ):  # fmt: skip
        answer = named.get(address, headers={**headers, **origin})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.headers["access-control-expose-headers"] == ", ".join(EXPOSED)
        assert "access-control-allow-credentials" not in answer.headers
    stranger = named.get("/v1/tags", headers={**key, "Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers
