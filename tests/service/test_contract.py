"""What the OpenAPI document promises is what the running service does, on SQLite and on a real PostgreSQL.

Requests are drawn from the document, good ones and broken ones, always the same; no answer may be a 500, or of a
status, a content type or a form that the document does not name.
"""

import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import pytest

from service.auth.keys import Scope, make_key
from service.clock import now_ms
from service.options import prepared_store
from service.settings import Settings
from service.storage.keys import add_key
from service.storage.migrate import migrate
from service.storage.store import Store

schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis, which the extra dev brings")
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
THERE = {
    "video_id": "video-001", "item_id": "video-002", "viewer_id": "u1", "user_id": "u1", "tag_id": "object:phone",
    "vendor": "alibaba-vod",
}  # fmt: skip
"""Ids that the store knows; half of the requests ask for them."""
SEED = 20_261_125
EXAMPLES = 8
"""Requests of each operation."""


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Settings of a service with an admin's key, on either store."""
    if request.param == "sqlite":
        return settings
    of = settings.model_copy(update={"store_url": request.getfixturevalue("postgres")()})
    with closing(Store.open(of.store_url)) as store:
        migrate(store)
    return of


@pytest.fixture
def keyed(stored: Settings, serve: Callable[..., httpx.Client]) -> tuple[httpx.Client, dict[str, str]]:
    key, secret = make_key("admin", "default", Scope.ADMIN, None, now_ms())
    with closing(prepared_store(stored)) as store:
        store.write_now(lambda connection: add_key(connection, key))
    client, headers = serve(stored), {"X-API-Key": secret}
    client.headers.update(headers)
    client.put("/v1/videos/video-001", json={"title": "one", "tags": ["object:phone"]})
    client.put("/v1/videos/video-002", json={"title": "two", "tags": ["object:phone"]})
    for video in ("video-001", "video-005"):
        client.post("/v1/events", json={"viewer_id": "u1", "video_id": video, "event_type": "play", "watched_s": 3})
    return client, headers


def cases(operation: Any, data: st.DataObject) -> Any:
    """A request of an operation: a good one or a broken one, often about what is there."""
    mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    if mode == GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
        mode = GenerationMode.POSITIVE
    case = data.draw(operation.as_strategy(generation_mode=mode))
    if data.draw(st.booleans()):
        known = {name: one for name, one in THERE.items() if name in (case.path_parameters or {})}
        case.path_parameters = {**(case.path_parameters or {}), **known}
    return case


def complaint(operation: Any, headers: dict[str, str]) -> str | None:
    """What is wrong with the answers of an operation."""

    @hypothesis_settings(
        max_examples=EXAMPLES, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @seed(SEED)
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        case = cases(operation, data)
        case.headers = {**(case.headers or {}), **headers}
        case.validate_response(case.call(), checks=CHECKS)

    try:
        ask()
    except (Exception, BaseExceptionGroup) as error:
        return "\n".join(str(one) for one in getattr(error, "exceptions", [error]))
    return None


def test_no_answer_is_a_500_or_undocumented(keyed):
    client, headers = keyed
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    schema.config.update(base_url=str(client.base_url))
    operations = [one.ok() for one in schema.get_all_operations()]
    assert len(operations) > 50
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, of requests that are broken on purpose
        found = {one.label: complaint(one, headers) for one in operations}
    wrong = [f"{label}: {what}" for label, what in found.items() if what]
    assert not wrong, "\n\n".join(wrong)


def test_every_example_of_a_body_is_accepted(keyed):
    client, _ = keyed
    document = client.get("/openapi.json").json()
    client.put("/v1/tags/animal:cat", json={"dimension": "object"})
    tried = 0
    for address, methods in document["paths"].items():
        for method, told in methods.items():
            if "requestBody" not in told:
                continue
            path = address.format_map({"experiment_id": "trial", **THERE})
            for one in examples(told["requestBody"]["content"]["application/json"], document):
                answer = client.request(method, path, json=one)
                assert answer.status_code in (200, 201), (method, path, one, answer.text)
                tried += 1
    assert tried > 20


def examples(told: dict[str, Any], document: dict[str, Any]) -> list[Any]:
    """Examples of a body: its own, or those of its schema, in a list where the body is one."""
    if "example" in told:
        return [told["example"]]
    schema = told["schema"]
    if schema.get("type") == "array":
        return [[one] for one in examples({"schema": schema["items"]}, document)]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return list(schema.get("examples", ()))


NUL = [
    ("GET", "/v1/tags?q=%00", None),
    ("GET", "/v1/videos?cursor=AA", None),
    ("GET", "/v1/trending?tag=%00", None),
    ("GET", "/v1/viewers/a%00b", None),
    ("PUT", "/v1/videos/v", {"title": "\0"}),
    ("PUT", "/v1/videos/v", {"attributes": {"a": "\0"}}),
    ("PUT", "/v1/viewers/v", {"attributes": {"\0": 1}}),
    ("POST", "/v1/events", {"viewer_id": "u", "video_id": "v", "event_type": "play", "context": {"a": "\0"}}),
    ("POST", "/v1/keys", {"name": "\0", "scope": "read"}),
    ("GET", "/api/items?q=%00", None),
    ("GET", "/api/users?cursor=%00", None),
    ("POST", "/api/user", {"UserId": "u", "Labels": {"a": "\0"}, "Comment": "\0"}),
    ("POST", "/api/item", {"ItemId": "i", "Labels": {"a": 1, "\0": "x"}}),
    ("POST", "/api/feedback", [{"FeedbackType": "\0", "UserId": "u", "ItemId": "i"}]),
]
"""Text that PostgreSQL cannot hold."""


def test_a_nul_character_is_refused_or_kept_and_never_an_error_of_ours(keyed):
    client, _ = keyed
    for method, address, body in NUL:
        answer = client.request(method, address, json=body)
        assert answer.status_code in (200, 422), (method, address, body, answer.text)


def test_a_document_that_tells_another_story_is_noticed(keyed):
    client, headers = keyed
    told = client.get("/openapi.json").json()
    told["components"]["schemas"]["Health"]["properties"]["status"] = {"type": "integer"}
    del told["paths"]["/v1/viewers/{viewer_id}"]["get"]["responses"]["404"]
    told["paths"]["/v1/keys"]["get"]["responses"]["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    schema = schemathesis.openapi.from_dict(told)
    schema.config.update(base_url=str(client.base_url))
    found = {one.label: one for one in (each.ok() for each in schema.get_all_operations())}
    for label in ("GET /healthz", "GET /v1/viewers/{viewer_id}", "GET /v1/keys"):
        assert complaint(found[label], headers), label
    assert complaint(found["GET /v1/tags/{tag_id}"], headers) is None
