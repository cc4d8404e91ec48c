"""What the OpenAPI document promises is what the running service does, on SQLite and on a real PostgreSQL.

Requests are drawn from the document, good ones and broken ones, always the same; no answer may be a 500, or of a status,
a content type or a form that the document does not name.
"""

import warnings
from collections.abc import Callable, Iterator
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
from hypothesis import HealthCheck, Phase, given, seed  # noqa: E402
from hypothesis import settings as hypothesis_settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
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
}  # fmt: skip
"""Ids that the store knows; half of the requests ask for them."""
import os

SEED = int(os.environ.get("SEED", "1"))
EXAMPLES = int(os.environ.get("EX", "12"))
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
def keyed(stored: Settings, serve: Callable[..., httpx.Client]) -> Iterator[tuple[httpx.Client, dict[str, str]]]:
    key, secret = make_key("admin", "default", Scope.ADMIN, None, now_ms())
    with closing(prepared_store(stored)) as store:
        store.write_now(lambda connection: add_key(connection, key))
    client, headers = serve(stored), {"X-API-Key": secret}
    client.headers.update(headers)
    client.put("/v1/videos/video-001", json={"title": "one", "tags": ["object:phone"]})
    client.put("/v1/videos/video-002", json={"title": "two", "tags": ["object:phone"]})
    for video in ("video-001", "video-005"):
        client.post("/v1/events", json={"viewer_id": "u1", "video_id": video, "event_type": "play", "watched_s": 3})
    yield client, headers


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


STAT = []
STAT2 = []


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
        import time

        t = time.time()
        r = case.call()
        STAT.append((operation.label, r.status_code, time.time() - t))
        t = time.time()
        case.validate_response(r, checks=CHECKS)
        STAT2.append(time.time() - t)

    try:
        ask()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
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
    import collections

    c = collections.defaultdict(list)
    for l, st_, t in STAT:
        c[l].append((st_, round(t, 3)))
    for l, v in c.items():
        print(l, collections.Counter(a for a, _ in v), round(sum(b for _, b in v), 2))
    print(sum(t for *_, t in STAT), sum(STAT2), len(STAT))
    wrong = [f"{label}: {what}" for label, what in found.items() if what]
    assert not wrong, "\n\n".join(wrong)
