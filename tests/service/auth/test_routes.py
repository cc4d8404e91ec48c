"""Every route of the app asks for what it should, before it does anything, and shows nobody another tenant's data."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from recsys.errors import ConfigError
from service.app import create_app
from service.auth.gated_route import GatedRoute
from service.auth.gates import Gate, Reader
from service.auth.keys import Scope

SCOPES = ("read", "write", "admin")
OPEN = {("GET", "/healthz"), ("GET", "/readyz")}
UNGATED = {"/openapi.json", "/docs", "/docs/{name}"}
"""A description of the API and its pages, which hold no data."""
OTHERWISE = {
    ("GET", "/metrics"): "admin",
    ("POST", "/"): "read",
    ("POST", "/v1/recommendations"): "read",
    ("POST", "/v1/audience"): "read",
    ("POST", "/api/session/recommend"): "read",
    ("PUT", "/v1/experiments/{experiment_id}"): "admin",
    ("POST", "/v1/experiments/{experiment_id}:end"): "admin",
    ("PUT", "/v1/callback"): "admin",
    ("DELETE", "/v1/callback"): "admin",
    ("GET", "/v1/keys"): "admin",
    ("POST", "/v1/keys"): "admin",
    ("DELETE", "/v1/keys/{key_id}"): "admin",
}
"""Routes whose scope does not follow from their method: reading is `read`, everything else `write`."""
OPERATORS = {("GET", "/metrics")}
"""For the default tenant alone."""
SIGNED = {
    ("GET", "/"), ("POST", "/"), ("POST", "/v1/imports/alibaba-vod/callback/{key_id}"),
}  # fmt: skip
"""Let in by a signature, not by a key that is sent; the tests of `jobs` try them."""
IDS = {
    "viewer_id": "mark-viewer",
    "video_id": "mark-video",
    "tag_id": "mark-tag",
    "key_id": "0" * 12,
    "experiment_id": "mark-experiment",
    "job_id": "mark-job",
    "vendor": "alibaba-vod",
    "user_id": "mark-viewer",
    "item_id": "mark-video",
    "feedback_type": "like",
    "category_name": "mark",
}
"""What is asked for: the first tenant has it, the other does not."""
Call = tuple[str, str]


def calls(app: FastAPI) -> Iterator[tuple[Call, APIRoute]]:
    """(method, template of the address) of every route, in the order they are asked."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if getattr(route, "path", None) in UNGATED:
            continue
        assert isinstance(route, APIRoute), f"{route} is no route of ours: give it a gate, or name it in UNGATED"
        for method in sorted(route.methods):
            yield (method, route.path_format), route


def scope_of(call: Call) -> str | None:
    return None if call in OPEN else OTHERWISE.get(call, "read" if call[0] == "GET" else "write")


@pytest.fixture
def keys(mint) -> dict[str, dict[str, str]]:
    return {scope: mint(scope) for scope in SCOPES}


@pytest.fixture
def client(keys, serve) -> httpx.Client:
    """Of a service that had keys when it started."""
    return serve()


@pytest.fixture
def ask(client, settings) -> Callable[..., httpx.Response]:
    """Sends a request that is right but for its key: the ids of `IDS`, the body of the route's own example."""
    document = create_app(settings).openapi()

    def example(call: Call) -> Any:
        told = document["paths"][call[1]][call[0].lower()].get("requestBody")
        if told is None:
            return None
        told = told["content"]["application/json"]
        schema = told["schema"]
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return told.get("example") or next(iter(schema.get("examples", [{}])))

    def asked(call: Call, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        method, template = call
        address = template.format_map({name: quote(one) for name, one in IDS.items()})
        body = {"json": example(call)} if example(call) is not None else {}
        return client.request(method, address, headers=headers or {}, **{**body, **more})

    return asked


@pytest.fixture
def every(settings) -> list[Call]:
    found = [call for call, _ in calls(create_app(settings))]
    assert len(found) > 20
    assert {call for call in (OPEN | OTHERWISE.keys() | OPERATORS | SIGNED) if call not in found} == set()
    return [call for call in found if call not in SIGNED]


def test_every_route_has_a_gate_of_its_scope(settings):
    for call, route in calls(create_app(settings)):
        assert isinstance(route, GatedRoute), call
        [gate] = [one.call for one in route.dependant.dependencies if isinstance(one.call, Gate)]
        wanted = scope_of(call)
        assert gate.scope is (None if wanted is None else Scope[wanted.upper()]), call
        assert gate.operator is (call in OPERATORS), call
        assert gate.signed is (call in SIGNED), call
        assert not gate.viewers or "{viewer_id}" in call[1], call


def test_a_route_without_a_gate_cannot_be_made():
    router = APIRouter(route_class=GatedRoute)

    async def nothing() -> int:
        return 1

    async def twice(one: Reader, other: Annotated[Any, Depends(Gate(Scope.WRITE))]) -> int:
        return 1

    for handler, n in ((nothing, 0), (twice, 2)):
        with pytest.raises(ConfigError, match=f"/x has {n} gates"):
            router.add_api_route("/x", handler)


def test_every_route_lets_in_exactly_who_may(ask, every, keys):
    for call in every:
        wanted = scope_of(call)
        if wanted is None:
            assert ask(call).status_code in (200, 503), call
            continue
        for headers in ({}, {"X-API-Key": ""}, {"X-API-Key": "tr_guess"}, {"Authorization": "Bearer tv_a.b.c"}):
            answer = ask(call, headers)
            assert answer.status_code == 401, (call, headers, answer.text)
            assert answer.headers["www-authenticate"].startswith("Bearer"), call
            assert answer.headers["content-type"] == "application/problem+json", call
        for scope in SCOPES:
            answer = ask(call, keys[scope])
            if SCOPES.index(scope) < SCOPES.index(wanted):
                assert (answer.status_code, answer.json()["type"][20:]) == (403, "scope-too-low"), (call, scope)
            else:
                assert answer.status_code not in (401, 403), (call, scope, answer.text)
                assert answer.status_code < 500, (call, scope, answer.text)


def test_a_stranger_is_turned_away_before_their_body_is_read(ask, every):
    for call in every:
        if scope_of(call) is not None:
            for content in (b"{", b" " * 9_000_000):
                answer = ask(call, content=content, json=None, headers={"content-type": "application/json"})
                assert answer.status_code == 401, (call, answer.text)


def fill(client: httpx.Client, key: dict[str, str]) -> None:
    """Data of every kind; all of it says hidden, but for the ids by which it is asked for."""
    video = {"title": "hidden title", "description": "hidden", "tags": ["mark-tag", "hidden-tag"]}
    events = [
        {"event_id": "hidden-event", "viewer_id": "mark-viewer", "video_id": one, "event_type": "like"}
        for one in ("mark-video", "hidden-video")
    ]
    for method, address, body in [
        ("PUT", "/v1/videos/mark-video", video),
        ("PUT", "/v1/videos/hidden-video", video),
        ("PUT", "/v1/tags/mark-tag", {"dimension": "custom", "names": [{"language": "en", "name": "hidden name"}]}),
        (
            "PUT",
            "/v1/tags/hidden-tag",
            {"dimension": "custom", "names": [{"language": "en", "name": "hidden name too"}]},
        ),
        ("PUT", "/v1/viewers/mark-viewer", {"attributes": {"of": "hidden"}}),
        ("PATCH", "/v1/viewers/mark-viewer/profile", {"like": ["hidden-tag"]}),
        ("POST", "/v1/events", events),
    ]:
        answer = client.request(method, address, json=body, headers=key)
        assert answer.status_code == 200, (address, answer.text)


def seen(client: httpx.Client, key: dict[str, str]) -> list[Any]:
    """What the tenant has of its own."""
    addresses = (
        "videos/mark-video", "videos/hidden-video", "tags/mark-tag", "tags/hidden-tag", "tags?q=hidden",
        "viewers/mark-viewer", "viewers/mark-viewer/profile", "keys?tenant=default",
    )  # fmt: skip
    return [client.get(f"/v1/{one}", headers=key).json() for one in addresses]


def test_another_tenants_key_sees_and_changes_nothing_of_the_first_ones(
    ask, client, every, keys, mint, publish, made, until
):
    ours, theirs = keys["admin"], mint("admin", "acme")
    publish("acme", made.versions[1])
    fill(client, ours)
    ours_before = seen(client, ours)
    assert "hidden" in str(ours_before)
    until(lambda: client.get("/v1/viewers/u/recommendations", headers=theirs).status_code == 200)
    for call in every:
        answer = ask(call, theirs)
        if call in OPERATORS:
            assert (answer.status_code, answer.json()["type"][20:]) == (403, "not-for-tenants"), call
            continue
        assert answer.status_code not in (401, 403), (call, answer.text)
        assert "hidden" not in answer.text, (call, answer.text)
        assert call[0] != "GET" or "{" not in call[1] or answer.status_code in (200, 404), (call, answer.text)
    assert seen(client, ours) == ours_before
