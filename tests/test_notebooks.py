"""Notebooks: committed without outputs, define nothing to be reused, and run from top to bottom."""

import ast
import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
MOST_LINES = 12
"""Of a function in a notebook; what is longer belongs into the library."""


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.name)
def notebook(request):
    return request.param


def cells(path, kind):
    return [one for one in json.loads(path.read_text(encoding="utf-8"))["cells"] if one["cell_type"] == kind]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 2


def test_it_is_committed_without_outputs(notebook):
    assert [one for one in cells(notebook, "code") if one["outputs"] or one["execution_count"]] == []


def test_it_tells_a_story(notebook):
    told = "\n".join("".join(one["source"]) for one in cells(notebook, "markdown"))
    assert told.startswith("# ")
    for part in ("**Question.**", "**Data.**", "## So what"):
        assert part in told


def test_it_defines_nothing_reusable(notebook):
    nodes = [node for one in cells(notebook, "code") for node in ast.walk(ast.parse("".join(one["source"])))]
    assert not [node.name for node in nodes if isinstance(node, ast.ClassDef)]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    assert not [one.name for one in functions if one.end_lineno - one.lineno >= MOST_LINES]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_it_runs_from_top_to_bottom(notebook):
    nbformat = pytest.importorskip("nbformat", reason="needs the extra dev")
    nbclient = pytest.importorskip("nbclient", reason="needs the extra dev")
    pytest.importorskip("ipykernel", reason="needs the extra dev")
    ran = nbformat.read(notebook, as_version=4)
    nbclient.NotebookClient(ran, timeout=280, kernel_name="python3", resources={"metadata": {"path": "."}}).execute()
    outputs = [output for cell in ran.cells for output in cell.get("outputs", [])]
    assert any("image/png" in one.get("data", {}) for one in outputs)
    assert [one for one in outputs if one.get("name") == "stderr"] == []
