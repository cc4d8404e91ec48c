"""The programs in the guides of the clients run as they stand, against the real service."""

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from service.auth.keys import Scope, make_key
from service.clock import now_ms
from service.options import prepared_store
from service.storage.keys import add_key

DOCS = Path(__file__).parent.parent.parent / "docs"
ADDRESS = "http://127.0.0.1:8080"


def programs(guide: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / guide).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    "guide, needs, says", [("client.md", "httpx", ["v42", "2500"]), ("gorse.md", "gorse", ["video-0"])]
)
def test_every_program_of_the_guide_runs(serve, settings, capsys, guide, needs, says):
    pytest.importorskip(needs)
    key, secret = make_key("guide", "default", Scope.WRITE, None, now_ms())
    store = prepared_store(settings)
    store.write_now(lambda connection: add_key(connection, key))
    store.close()
    address = str(serve().base_url).rstrip("/")
    names: dict[str, Any] = {"key": secret}
    told = programs(guide)
    assert told
    for program in told:
        assert ADDRESS in program
        code = compile(
            program.replace(ADDRESS, address), guide, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
        result = eval(code, names)
        if inspect.iscoroutine(result):
            asyncio.run(result)
    printed = capsys.readouterr().out
    assert all(one in printed for one in says), printed
