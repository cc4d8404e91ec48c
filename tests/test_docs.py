"""The guides: complete, in step with the code, their links whole, and nothing of one machine in what is committed."""

import importlib.util
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TABLES = {
    "verbs": "index.md", "columns": "data.md", "file": "data.md", "config": "training.md", "routes": "serving.md",
    "gorse": "gorse.md", "settings": "serving.md", "tagging": "tagging.md",
}  # fmt: skip
HOSTS = re.compile(r"files\.pythonhosted\.org|(?<!/)\bpypi\.org|registry\.npmjs\.org|/simple/|index-url\s*=")
PLACES = re.compile(r"(?<![\w.])/(work|root|home/\w+|Users/\w+)/")
ISSUE = re.compile(r"(?i)\b(issue|pr|pull request|fixes|closes)\s*#\d+")
BINARY = {".npy", ".png", ".gz", ".parquet"}


@cache
def reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def committed():
    """Every committed file that holds text."""
    try:
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git does not know this folder; it was unpacked from an archive")
    paths = [ROOT / line for line in listed.splitlines()]
    return [one for one in paths if one.is_file() and one.suffix not in BINARY]


@pytest.mark.parametrize("name, guide", TABLES.items())
def test_a_guide_has_the_table_as_the_code_has_it(name, guide):
    made = reference().MADE[name]()
    assert made in (ROOT / "docs" / guide).read_text(encoding="utf-8"), f"{guide} is out of step: run `make docs`"


def test_every_row_of_a_table_says_something():
    for make in reference().MADE.values():
        assert not [line for line in make().splitlines() if line.endswith("|  |")]


def test_a_table_names_what_is_there():
    made = {name: make() for name, make in reference().MADE.items()}
    assert "`tagreel data simulate`" in made["verbs"]
    assert "`tagreel serve`" in made["verbs"]
    assert "| `train.cores.content.recency.half_life_days` | `180.0` |" in made["config"]
    assert "`POST /v1/events`" in made["routes"]
    assert "`TAGREEL_STORE_URL`" in made["settings"]


def test_a_guide_out_of_step_is_noticed():
    text = "<!-- table: verbs -->\nold\n<!-- end -->"
    assert "tagreel run" in reference().filled(text)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_links_lead_somewhere(guide):
    text = re.sub(r"```.*?```", "", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    gone = [one for one in links if not one.startswith("https://") and not (guide.parent / one).exists()]
    assert gone == []


def test_every_guide_is_in_the_index():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert [one.name for one in GUIDES[2:] if one.name != "index.md" and f"({one.name})" not in index] == []


@pytest.mark.parametrize("what, pattern", [("a registry", HOSTS), ("a machine's path", PLACES), ("an issue", ISSUE)])
def test_nothing_committed_names(what, pattern):
    here = Path(__file__)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in committed()
        if path != here
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == [], f"names {what}"


@pytest.mark.parametrize("line, pattern", [
    ("https://files.pythonhosted.org/x", HOSTS), ("open('/root/x')", PLACES), ("fixes #12", ISSUE),
])  # fmt: skip
def test_a_planted_name_is_found(line, pattern):
    assert pattern.search(line)
