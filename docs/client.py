"""Write the client's calls from the OpenAPI document: bodies, answers and one function for each operation.

    python docs/client.py            rewrite `service/calls/`'s written modules
    python docs/client.py --check    say which is out of step, exit code 1 if any

A module for each part of the API, `parts` for what several of them share, and `operations`, the class of all methods.
The tests run the check. Left out are gorse's routes, which
are there for gorse's own clients, and those that take what vendors send, as it is.
"""

import keyword
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from service.app import create_app
from service.settings import Settings

CALLS = Path(__file__).parent.parent / "service" / "calls"
LEFT_OUT = {"gorse", "imports"}
BY_HAND = {"post_events", "store_videos", "list_videos"}
"""Operations that the client does in several calls: `service.calls.batches` and `.pages` make methods of theirs."""
REPEATABLE = {
    "recommend",
    "audience_of_description",
    "post_events",
    "store_videos",
    "merge_one_tag",
    "make_viewer_token",
}
"""POST that may be sent twice: they only read, or write the same again."""
WIDTH = 120
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
HEAD = '"""{told}. Written by `docs/client.py`; change that, or the service."""\n\n'
Schema = dict[str, Any]


class Api:
    """The document, and where each of its schemas belongs."""

    def __init__(self, document: Schema) -> None:
        self.schemas: dict[str, Schema] = document["components"]["schemas"]
        self.operations = [
            {**one, "address": address, "method": method.upper()}
            for address, methods in document["paths"].items()
            for method, one in methods.items()
            if not LEFT_OUT & set(one["tags"])
        ]
        self.parts = sorted({one["tags"][0] for one in self.operations})
        self.bodies = self._reached(_body)
        self.answers = self._reached(_answer)

    def _reached(self, of: Any) -> dict[str, set[str]]:
        """Schema → the parts of the API whose bodies, or answers, it is in."""
        found: dict[str, set[str]] = {}
        for one in self.operations:
            waiting = list(_references(of(one)))
            while waiting:
                name = waiting.pop()
                if one["tags"][0] not in found.setdefault(name, set()):
                    found[name].add(one["tags"][0])
                    waiting += _references(self.schemas[name])
        return found

    def body_name(self, name: str) -> str:
        """A body is called as its schema is, unless an answer is called so."""
        return f"{name}Given" if name in self.answers else name

    def part_of(self, name: str, is_body: bool) -> str:
        """The module that a schema is in."""
        parts = (self.bodies if is_body else self.answers)[name]
        return next(iter(parts)) if len(parts) == 1 else "parts"

    def type_of(self, schema: Schema, is_body: bool) -> str:
        """A schema as an annotation."""
        if "$ref" in schema:
            name = _name(schema)
            return (self.body_name(name) if is_body else name) if self._is_object(name) else self._alias(name, is_body)
        if "enum" in schema or "const" in schema:
            return f"Literal[{', '.join(map(repr, schema.get('enum', [schema.get('const')])))}]"
        if "anyOf" in schema:
            return " | ".join(dict.fromkeys(self.type_of(one, is_body) for one in schema["anyOf"]))
        match schema.get("type"):
            case "array":
                return f"{'Sequence' if is_body else 'list'}[{self.type_of(schema.get('items', {}), is_body)}]"
            case "object":
                inner = schema.get("additionalProperties")
                inner = self.type_of(inner, is_body) if isinstance(inner, dict) else "Any"
                return f"{'Mapping' if is_body else 'dict'}[str, {inner}]"
            case "string" if schema.get("format") == "date-time":
                return "datetime | str" if is_body else "datetime"
            case None:
                return "Any"
        return PLAIN[schema["type"]]

    def _is_object(self, name: str) -> bool:
        return "properties" in self.schemas[name]

    def _alias(self, name: str, is_body: bool) -> str:
        return self.type_of(self.schemas[name], is_body)


def module(api: Api, part: str) -> str:
    """The text of one module."""
    kinds = [(name, True) for name in api.bodies if api.part_of(name, True) == part]
    kinds += [(name, False) for name in api.answers if api.part_of(name, False) == part]
    text = "".join(_class(api, name, is_body) for name, is_body in _in_order(api, kinds) if api._is_object(name))
    calls = [one for one in api.operations if one["tags"][0] == part]
    text += "".join(_call(api, one) for one in calls)
    told = f"The API's part {part}" if part != "parts" else "What several parts of the API share"
    return HEAD.format(told=told) + _imports(api, text, part) + text


def operations(api: Api) -> str:
    """The class of all methods."""
    lines = [
        f"    {one['operationId']} = Operation({one['tags'][0]}.{one['operationId']})\n"
        for part in api.parts
        for one in api.operations
        if one["tags"][0] == part and one["operationId"] not in BY_HAND
    ]
    head = HEAD.format(told="Every operation of the API that is one call")
    parts = [part for part in api.parts if f"({part}." in "".join(lines)]
    imports = f"from service.calls import {', '.join(parts)}\nfrom service.calls.operation import Operation\n\n\n"
    return head + imports + 'class Operations:\n    """Methods of both clients."""\n\n' + "".join(lines)


def _class(api: Api, name: str, is_body: bool) -> str:
    schema = api.schemas[name]
    required = set(schema.get("required", ()))
    base, called = ("TypedDict", api.body_name(name)) if is_body else ("Answer", name)
    lines = [f"class {called}({base}):\n", _docstring(schema.get("description", name)), "\n"]
    for field, one in schema["properties"].items():
        kind = api.type_of(one, is_body)
        if is_body and field not in required:
            kind = f"NotRequired[{kind}]"
        default = "" if is_body or field in required else f" = {_default(one.get('default'))}"
        lines.append(f"    {field}: {kind}{default}\n")
        if "description" in one:
            lines.append(_docstring(one["description"]))
    return "".join(lines) + "\n\n"


def _default(value: Any) -> str:
    """A default as a model has it; one that could be changed is made anew for each."""
    return f"Field(default_factory={type(value).__name__})" if isinstance(value, list | dict) else repr(value)


def _call(api: Api, one: Schema) -> str:
    path = [p for p in one.get("parameters", ()) if p["in"] == "path"]
    more = [p for p in one.get("parameters", ()) if p["in"] != "path" and not _is_for_readers_cache(one, p)]
    body, answer = _body(one), _answer(one)
    reference = _name(body) if body and "$ref" in body else None
    signature = [f"{p['name']}: str" for p in path]
    if body and reference is None:
        signature.append(f"body: {api.type_of(body, True)}")
    if more:
        signature += ["*", *(_parameter(api, p) for p in more)]
    if reference is not None:
        signature.append(f"**body: Unpack[{api.body_name(reference)}]")
    kind = api.type_of(answer, False) if answer else "None"
    address = re.sub(r"\{(\w+)\}", r"{in_path(\1)}", one["address"])
    arguments = [
        repr(one["method"]),
        f'f"{address}"' if path else repr(address),
        "NoneType" if kind == "None" else kind,
    ]
    for name, where in (("query", "query"), ("headers", "header")):
        given = [p for p in more if p["in"] == where]
        if given:
            pairs = ", ".join(f"{p['name']!r}: {_python(p)}" for p in given)
            arguments.append(f"{name}={{{pairs}}}")
    if body:
        arguments.append("body=body")
    if one["method"] == "POST" and one["operationId"] not in REPEATABLE:
        arguments.append("is_repeatable=False")
    described = [f"{_python(p)}: {_told(p['description'])}" for p in more if "description" in p]
    return (
        f"def {one['operationId']}({', '.join(signature)}) -> Call[{kind}]:\n"
        f"{_docstring(one['description'], described)}    return Call({', '.join(arguments)})\n\n\n"
    )


def _docstring(text: str, arguments: Sequence[str] = ()) -> str:
    """A docstring, four columns in."""
    lines = textwrap.wrap(_told(text), WIDTH - 7)
    if arguments:
        lines += ["", "Args:"]
    for one in arguments:
        lines += textwrap.wrap(one, WIDTH - 12, initial_indent="    ", subsequent_indent="        ")
    if len(lines) == 1 and len(lines[0]) <= WIDTH - 10:
        return f'    """{lines[0]}"""\n'
    body = "".join(f"    {line}".rstrip() + "\n" for line in lines[1:])
    return f'    """{lines[0]}\n{body}    """\n'


def _is_for_readers_cache(one: Schema, parameter: Schema) -> bool:
    """Reads take conditions for caches; the client has none."""
    return one["method"] == "GET" and parameter["in"] == "header"


def _parameter(api: Api, one: Schema) -> str:
    kind = api.type_of(one["schema"], True)
    return f"{_python(one)}: {kind}" if one.get("required") else f"{_python(one)}: {_optional(kind)} = None"


def _optional(kind: str) -> str:
    """None leaves it to the service."""
    return kind if kind.endswith("None") else f"{kind} | None"


def _python(parameter: Schema) -> str:
    name = parameter["name"].replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


def _imports(api: Api, text: str, part: str) -> str:
    """The import lines of what a module's text uses."""
    words = set(re.findall(r"\w+", re.sub(r'""".*?"""', "", text, flags=re.DOTALL)))
    lines = []
    for source, names in (
        ("collections.abc", {"Mapping", "Sequence"}),
        ("datetime", {"datetime"}),
        ("types", {"NoneType"}),
        ("typing", {"Any", "Literal", "NotRequired", "TypedDict", "Unpack"}),
        ("pydantic", {"Field"}),
        ("service.calls.call", {"Answer", "Call", "in_path"}),
    ):
        used = sorted(names & words)
        lines += [f"from {source} import {', '.join(used)}\n"] if used else []
        lines += ["\n"] if source in ("typing", "pydantic") and used else []
    if part != "parts":
        shared = {api.body_name(name) for name in api.bodies if api.part_of(name, True) == "parts"}
        shared |= {name for name in api.answers if api.part_of(name, False) == "parts"}
        used = sorted(shared & words)
        lines += [f"from service.calls.parts import {', '.join(used)}\n"] if used else []
    return "".join(lines) + "\n\n"


def _in_order(api: Api, kinds: list[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    """Each schema behind those that it is made of."""
    waiting, done = sorted(kinds), set[tuple[str, bool]]()
    while waiting:
        for one in waiting:
            needs = {(name, one[1]) for name in _references(api.schemas[one[0]])} - {one}
            if not needs & set(waiting):
                break
        waiting.remove(one)
        done.add(one)
        yield one


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield _name(schema)
        for key, one in schema.items():
            if key not in ("example", "examples", "default"):
                yield from _references(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from _references(one)


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _body(one: Schema) -> Schema:
    schema: Schema = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _answer(one: Schema) -> Schema:
    [success] = [told for status, told in one["responses"].items() if status.startswith("2")]
    schemas = [told["schema"] for told in success.get("content", {}).values()]
    return schemas[0] if schemas else {}


def _told(text: str) -> str:
    told = " ".join(text.split())
    return told if told.endswith((".", "!", "?")) else f"{told}."


def written() -> dict[Path, str]:
    """Every written module and its text."""
    with tempfile.TemporaryDirectory() as folder:
        api = Api(create_app(Settings(store_url=f"sqlite:///{folder}/store.db", bundles=Path(folder))).openapi())
        texts = {f"{part}.py": module(api, part) for part in (*api.parts, "parts")}
        texts["operations.py"] = operations(api)
        for name, text in texts.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        ruff = [sys.executable, "-m", "ruff", "format", "--quiet", "--line-length", str(WIDTH), "--isolated"]
        subprocess.run([*ruff, *(str(Path(folder, name)) for name in texts)], check=True)  # noqa: S603
        return {CALLS / name: Path(folder, name).read_text(encoding="utf-8") for name in texts}


def main() -> int:
    """Rewrite, or check."""
    late = 0
    for path, text in written().items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in sys.argv:
            print(f"{path.name} is out of step with the API; run `make docs`")
            late = 1
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{path.name} rewritten")
    return late


if __name__ == "__main__":
    raise SystemExit(main())
