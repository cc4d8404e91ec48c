"""The client has a method for every operation of the OpenAPI document, and its types are those of the document."""

import importlib.util
import inspect
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from service.app import create_app
from service.calls.call import Answer
from service.calls.operation import Operation
from service.client import AsyncClient, Client
from service.settings import Settings

ROOT = Path(__file__).parent.parent.parent
SEVERAL = {"post_events", "store_videos", "list_videos"}
"""Operations whose methods take several calls; their calls are functions all the same."""


@cache
def script() -> Any:
    spec = importlib.util.spec_from_file_location("client_script", ROOT / "docs" / "client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def document() -> dict[str, Any]:
    return create_app(Settings(store_url="sqlite:///nowhere.db", bundles=Path("nowhere"))).openapi()


OPERATIONS = {
    one["operationId"]: {**one, "address": address, "method": method.upper()}
    for address, methods in document()["paths"].items()
    for method, one in methods.items()
    if not {"gorse", "imports"} & set(one["tags"])
}


def call_of(name: str) -> Any:
    """The function that describes an operation."""
    part = importlib.import_module(f"service.calls.{OPERATIONS[name]['tags'][0]}")
    return getattr(part, name)


def schema_of(told: dict[str, Any]) -> dict[str, Any]:
    return document()["components"]["schemas"][told["$ref"].rpartition("/")[2]] if "$ref" in told else told


def test_every_operation_has_a_method_of_both_clients_and_every_method_an_operation():
    assert len(OPERATIONS) > 35
    for kind in (Client, AsyncClient):
        single = {name for name, one in inspect.getmembers(kind) if isinstance(one, Operation)}
        assert single | SEVERAL == OPERATIONS.keys()
        assert all(callable(getattr(kind("http://nowhere"), name)) for name in OPERATIONS)


def test_the_written_modules_are_in_step_with_the_document():
    pytest.importorskip("ruff", reason="needs ruff, which the extra dev brings")
    late = [path.name for path, text in script().written().items() if path.read_text(encoding="utf-8") != text]
    assert late == [], "run `make docs`"


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_call_takes_what_its_operation_takes_and_goes_where_it_is(name):
    told, make = OPERATIONS[name], call_of(name)
    wanted = {
        one["name"]: one
        for one in told.get("parameters", ())
        if one["in"] != "header" or told["method"] != "GET"
    }  # fmt: skip
    taken = inspect.signature(make).parameters
    assert [one for one in taken if one != "body"] == [one.replace("-", "_") for one in wanted]
    required = {one for one, of in taken.items() if of.default is of.empty and one != "body"}
    assert required == {one for one, of in wanted.items() if of.get("required")}
    given = {one.replace("-", "_"): f"{one}/é" for one in wanted}
    body = {"some": "thing"} if "body" in taken else {}
    if body and taken["body"].kind is not inspect.Parameter.VAR_KEYWORD:
        call = make(body, **given)
    else:
        call = make(**given, **body)
    assert call.method == told["method"]
    path = told["address"]
    for one in wanted:
        path = path.replace(f"{{{one}}}", f"{one}%2F%C3%A9")
    assert call.path == path
    sent = {**(call.query or {}), **(call.headers or {})}
    assert sent == {name: f"{name}/é" for name, of in wanted.items() if of["in"] != "path"}
    assert (call.body or {}) == body
    assert ("requestBody" in told) == bool(body)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_answers_type_has_the_fields_of_its_schema_and_so_on_down(name):
    told = next(one for status, one in OPERATIONS[name]["responses"].items() if status.startswith("2"))
    [schema] = [one["schema"] for one in told.get("content", {}).values()] or [{"type": "null"}]
    agree(get_args(get_type_hints(call_of(name))["return"])[0], schema)


def agree(kind: Any, schema: dict[str, Any], seen: frozenset[str] = frozenset()) -> None:
    """The type reads whatever the schema allows."""
    if isinstance(kind, type) and issubclass(kind, Answer):
        assert kind.__name__ == schema["$ref"].rpartition("/")[2]
        if kind.__name__ in seen:
            return
        of = schema_of(schema)
        assert kind.model_fields.keys() == of["properties"].keys(), kind
        assert {name for name, one in kind.model_fields.items() if one.is_required()} == set(of.get("required", ()))
        for name, hint in get_type_hints(kind).items():
            if name in of["properties"]:
                agree(hint, of["properties"][name], seen | {kind.__name__})
    elif get_origin(kind) is list:
        assert schema["type"] == "array"
        agree(get_args(kind)[0], schema["items"], seen)
    elif "anyOf" in schema:
        assert len(get_args(kind)) == len(schema["anyOf"])
        for one, of in zip(get_args(kind), schema["anyOf"], strict=True):
            agree(one, of, seen)
    elif "enum" in schema or "const" in schema:
        assert list(get_args(kind)) == schema.get("enum", [schema.get("const")])
    else:
        plain = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "NoneType": "null"}
        named = getattr(get_origin(kind) or kind, "__name__", "Any")
        more = {"dict": "object", "datetime": "string", "Any": None}
        assert {**plain, **more}[named] == schema.get("type"), (kind, schema)
        assert (named == "datetime") == (schema.get("format") == "date-time")


@pytest.mark.parametrize("name", [name for name, told in OPERATIONS.items() if "requestBody" in told])
def test_a_body_has_the_fields_of_its_schema(name):
    schema = OPERATIONS[name]["requestBody"]["content"]["application/json"]["schema"]
    hint = get_type_hints(call_of(name))["body"]
    kinds = get_args(hint) if not hasattr(hint, "__required_keys__") else (hint,)
    for kind, of in zip(kinds, [schema] if "$ref" in schema else schema["anyOf"], strict=True):
        assert {*kind.__required_keys__, *kind.__optional_keys__} == schema_of(of)["properties"].keys()
        assert kind.__required_keys__ == set(schema_of(of).get("required", ()))


def test_only_what_does_no_harm_twice_is_repeated():
    repeated = {
        name for name, told in OPERATIONS.items()
        if told["method"] == "POST" and call_of(name)(*_dummies(name)).is_repeatable
    }  # fmt: skip
    assert repeated == script().REPEATABLE
    assert not call_of("create_key")(name="x", scope="read").is_repeatable


def _dummies(name: str) -> list[Any]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return ["x" for one in inspect.signature(call_of(name)).parameters.values() if one.kind in kinds]


def test_the_client_imports_nothing_of_the_service():
    code = "import service.client, sys; print(*sorted({one.partition('.')[0] for one in sys.modules}))"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT).split()
    heavy = {
        "fastapi",
        "starlette",
        "sqlalchemy",
        "numpy",
        "scipy",
        "pandas",
        "numba",
        "uvicorn",
        "recsys",
        "pipelines",
    }
    assert not heavy & set(loaded)
    assert {"httpx", "pydantic"} <= set(loaded)


IDS = {
    "video_id": "video-001", "viewer_id": "u1", "tag_id": "object:phone", "experiment_id": "trial", "key_id": "0" * 12,
}  # fmt: skip


def test_the_services_real_answers_are_read_as_their_types(client):
    ours = Client(str(client.base_url))
    ours.store_video("video-001", title="one", tags=["object:phone"])
    ours.store_tag("animal:cat", dimension="object")
    ours.post_event(viewer_id="u1", video_id="video-002", event_type="play", watched_s=3)
    read = []
    for name, told in sorted(OPERATIONS.items(), key=lambda one: one[1]["method"] == "DELETE"):
        if told["tags"] in (["keys"], ["jobs"]) or name.endswith("_token"):
            continue  # they want a key or a job, and have tests of their own
        ids = [IDS[one["name"]] for one in told.get("parameters", ()) if one["in"] == "path"]
        answer = ours.send(call_of(name)(*ids, **_body(told)) if name not in SEVERAL else _call_of_several(name, told))
        kind = get_args(get_type_hints(call_of(name))["return"])[0]
        assert isinstance(answer, kind), name
        read.append(name)
    ours.close()
    assert len(read) > 30


def _example(told: dict[str, Any]) -> dict[str, Any]:
    content = told["requestBody"]["content"]["application/json"]
    return content.get("example") or schema_of(content["schema"])["examples"][0]


def _body(told: dict[str, Any]) -> dict[str, Any]:
    return _example(told) if "requestBody" in told else {}


def _call_of_several(name: str, told: dict[str, Any]) -> Any:
    return call_of(name)(_example(told)) if "requestBody" in told else call_of(name)()
