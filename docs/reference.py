"""Write the reference tables of the guides from the code: verbs, configuration keys, settings, routes.

    python docs/reference.py            rewrite the tables
    python docs/reference.py --check    say which guide is out of step, exit code 1 if any

A table stands between `<!-- table: name -->` and `<!-- end -->`. The tests run the check.
"""

import ast
import inspect
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer

from pipelines.cli.main import build
from pipelines.config import PipelineConfig
from pipelines.ingest.config import FileConfig
from pipelines.ingest.mapping import MADE_IF_ABSENT
from pipelines.tagging.config import TaggingConfig
from pipelines.toml_values import plain
from recsys.schema import TABLES
from service.app import create_app
from service.settings import Settings

DOCS = Path(__file__).parent
PLACE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
UNTOLD = {
    "source.kind": "what ingest reads; see [Data](data.md)",
    "weights": "what an event of this type says of taste; below 0 it was turned down",
    "train.cores.factors.factors": "length of a vector",
    "train.cores.factors.reg": "penalty on every vector",
    "train.cores.factors.iterations": "rounds of least squares",
    "recency.half_life_days": "age in days at which a past video counts half",
    "recency.tau_steps": "a past video with s newer ones counts exp(-s / tau)",
    "hidden_videos": "share of the videos that the rehearsal hides wholly, to play the new ones",
    "held_out": "share of each viewer's latest likes that the rehearsal hides",
    "seed": "the same seed and inputs give the same result",
    "evaluate.splits": "what is held out; see [Evaluation](evaluation.md)",
    "evaluate.ks": "cut-offs: how many videos of a list count",
    "evaluate.metrics": "what is measured at each cut-off",
    "path": "the file, or several where the name holds a `*`",
}
"""What the code says by a name alone: by the whole key, its table, its last two parts or its last."""


def told(kind: type) -> dict[str, str]:
    """What the docstring below each field of a class says."""
    [described] = ast.parse(inspect.getsource(kind)).body
    found = {}
    for field, below in pairwise(described.body if isinstance(described, ast.ClassDef) else []):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[field.target.id] = " ".join(str(below.value.value).split())
    return found


def keys(config: Any, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """(key, default, meaning) of every key of a config and of the tables in it."""
    meanings = told(type(config))
    for one in fields(config):
        value, key = getattr(config, one.name), f"{prefix}{one.name}"
        if is_dataclass(value):
            yield from keys(value, f"{key}.")
        elif not (prefix == "source." and one.name in TABLES):
            yield key, value, meanings.get(one.name) or meaning(key)


def meaning(key: str) -> str:
    """What `UNTOLD` says of a key."""
    parts = key.split(".")
    names = (key, ".".join(parts[-2:]), parts[-1], parts[0])
    return next((UNTOLD[name] for name in names if name in UNTOLD), "")


def default(value: Any) -> str:
    """A default as TOML would write it."""
    return "" if value in (None, "") else f"`{json.dumps(plain(value))}`"


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def config_table() -> str:
    """Every key of the configuration but those of a file."""
    rows = ((f"`{key}`", default(value), what) for key, value, what in keys(PipelineConfig()))
    return table(("key", "default", "meaning"), rows)


def tagging_table() -> str:
    """Every key of the configuration of `tagreel tag`, but those of models and endpoints of one's own."""
    rows = ((f"`{key}`", default(value), what) for key, value, what in keys(TaggingConfig()))
    return table(("key", "default", "meaning"), rows)


def file_table() -> str:
    """The keys of `[source.<table>]`."""
    rows = ((f"`{key}`", default(value), what) for key, value, what in keys(FileConfig(path=Path())) if key != "path")
    return table(("key", "default", "meaning"), iter([("`path`", "", UNTOLD["path"]), *rows]))


def settings_table() -> str:
    """Every setting of the service."""
    meanings = told(Settings)
    rows = (
        (f"`TAGREEL_{name.upper()}`", f"`{one.default}`" if one.default != () else "", meanings.get(name, ""))
        for name, one in Settings.model_fields.items()
    )
    return table(("setting", "default", "meaning"), rows)


def routes_table() -> str:
    """Every route of the API but gorse's."""
    return _routes(lambda tags: "gorse" not in tags)


def gorse_table() -> str:
    """The routes for gorse's clients."""
    return _routes(lambda tags: "gorse" in tags)


def _routes(wanted: Callable[[list[str]], bool]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        paths = create_app(Settings(store_url=f"sqlite:///{folder}/store.db", bundles=Path(folder))).openapi()["paths"]
    rows = (
        (f"`{method.upper()} {path}`", keys_told(one["security"]), " ".join(one["description"].split()))
        for path, methods in sorted(paths.items())
        for method, one in methods.items()
        if wanted(one["tags"])
    )
    return table(("route", "key", "what it does"), rows)


def keys_told(security: list[dict[str, list[str]]]) -> str:
    """Which keys open a route, as its security in OpenAPI has it."""
    roles = dict.fromkeys(
        role for one in security for role in one.get("key", ["signature"] if "signature" in one else [])
    )
    return ", ".join(roles) or "none"


def verbs_table() -> str:
    """Every verb of the command line."""
    return table(("verb", "what it does"), iter(verbs(typer.main.get_command(build()), "tagreel")))


def verbs(group: Any, name: str) -> Iterator[tuple[str, str]]:
    """(verb, first line of its help) of a group and of the groups in it."""
    context = typer.Context(group)
    for one in group.list_commands(context):
        command = group.get_command(context, one)
        if hasattr(command, "list_commands"):
            yield from verbs(command, f"{name} {one}")
        else:
            yield f"`{name} {one}`", " ".join((command.help or "").split("\n\n")[0].split())


def columns_table() -> str:
    """Every table that ingest takes, and its columns; bold where one must be given."""
    rows = (
        (
            f"`{one.name}`",
            ", ".join(f"**{c.name}**" if c.required and c.name not in MADE_IF_ABSENT else c.name for c in one.columns),
        )
        for one in TABLES.values()
    )
    return table(("table", "columns"), rows)


def results_table() -> str:
    """The accuracy that was measured last, the tables of `docs/results/accuracy.json` that matter most."""
    found = json.loads((DOCS / "results" / "accuracy.json").read_text(encoding="utf-8"))
    lines = []
    for data, split, metric in RESULTS:
        mine = [one for one in found if (one["data"], one["split"], one["metric"]) == (data, split, metric)]
        parts = tuple(dict.fromkeys(one["slice"] for one in mine if one["n_viewers"]))
        cells: dict[str, dict[str, str]] = {}
        for one in mine:
            value = "–" if one["value"] is None else f"{one['value']:.4f} [{one['low']:.4f}, {one['high']:.4f}]"
            cells.setdefault(one["method"], {})[one["slice"]] = value
        rows = (
            (f"**{name}**" if name.startswith("hybrid") else name, *(of[part] for part in parts))
            for name, of in cells.items()
        )
        lines += ["", f"**{data}**, {split}, {metric}", "", table(("method", *parts), rows).rstrip()]
    return "\n".join([*lines, "", ""])


RESULTS = (
    ("citeulike-a", "warm-cold", "recall@20"),
    ("citeulike-a", "warm-cold", "ndcg@20"),
    ("citeulike-a", "cold-item", "recall@100"),
    ("citeulike-a", "new-viewers", "recall@20"),
    ("s3rec-beauty", "leave-last", "hit_rate@10"),
    ("s3rec-beauty", "leave-last", "ndcg@10"),
    ("s3rec-lastfm", "leave-last", "hit_rate@10"),
    ("s3rec-lastfm", "leave-last", "ndcg@10"),
    ("ml-latest-small", "leave-last", "ndcg@10"),
    ("ml-latest-small", "cold-videos", "ndcg@10"),
)
"""Data, split and metric of each table of results."""
MADE = {
    "verbs": verbs_table, "config": config_table, "file": file_table, "settings": settings_table,
    "routes": routes_table, "gorse": gorse_table, "columns": columns_table, "results": results_table,
    "tagging": tagging_table,
}  # fmt: skip


def filled(text: str) -> str:
    """A guide with its tables as the code has them now."""
    return PLACE.sub(lambda place: f"{place[1]}{MADE[place[2]]()}{place[3]}", text)


def main() -> int:
    """Rewrite, or check."""
    late = 0
    for path in sorted(DOCS.glob("*.md")):
        before = path.read_text(encoding="utf-8")
        after = filled(before)
        if before == after:
            continue
        if "--check" in sys.argv:
            print(f"{path.name} is out of step with the code; run `make docs`")
            late = 1
        else:
            path.write_text(after, encoding="utf-8")
            print(f"{path.name} rewritten")
    return late


if __name__ == "__main__":
    raise SystemExit(main())
