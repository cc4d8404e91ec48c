"""Their column names to ours."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipelines.ingest.batch import Fault
from pipelines.ingest.config import FileConfig
from recsys.errors import require
from recsys.schema import Table

MADE_IF_ABSENT = ("event_id",)
"""Required columns that ingest can make itself."""


@dataclass(frozen=True)
class Mapping:
    """Which of their columns feed ours."""

    ours: dict[str, str]
    """Their name → our name."""
    named: frozenset[str]
    """Theirs that the config names, so they must be there."""
    constants: dict[str, Any]
    ignored: frozenset[str]

    def unknown(self, theirs: Sequence[str]) -> list[str]:
        """Their columns that feed nothing and are not set to be ignored."""
        if "*" in self.ignored:
            return []
        return [name for name in theirs if name not in self.ours and name not in self.ignored]

    def constant_columns(self, n: int) -> dict[str, pa.Array]:
        """The columns that hold one value throughout."""
        return {name: pa.repeat(value, n) for name, value in self.constants.items()}


def map_columns(table: Table, given: FileConfig) -> Mapping:
    """What the config says, and our own names for the columns it does not mention."""
    renamed = {theirs: ours for ours, theirs in given.columns.items()}
    taken = {*given.columns, *given.constants}
    own = {name: name for name in table.names if name not in taken and name not in renamed}
    return Mapping({**own, **renamed}, frozenset(renamed), given.constants, frozenset(given.ignore))


def header_faults(mapping: Mapping, table: Table, theirs: Sequence[str], file: str, line: int) -> list[Fault]:
    """One fault for each unknown column.

    Raises:
        DataError: a name stands twice, or a column that is required or named in the config is not there.
    """
    twice = sorted({name for name in theirs if list(theirs).count(name) > 1})
    require(not twice, f"{file}: column {', '.join(twice)} stands twice in the header; rename one of them")
    absent = sorted(mapping.named - set(theirs))
    require(not absent, f"{file}: the configuration names column {', '.join(absent)}; it has {', '.join(theirs)}")
    found = {mapping.ours[name] for name in theirs if name in mapping.ours} | set(mapping.constants)
    needed = [one.name for one in table.columns if one.required and one.name not in MADE_IF_ABSENT]
    lacking = [name for name in needed if name not in found]
    require(
        not lacking,
        f"{file}: no column gives {table.name}.{', '.join(lacking)}; it has {', '.join(theirs) or 'no columns'}. "
        f'Name theirs in the configuration: [source.{table.name}] columns = {{{(lacking or [""])[0]} = "their name"}}',
    )
    return [Fault(line, unknown_reason(table, name), field=name, is_row=False) for name in mapping.unknown(theirs)]


def unknown_reason(table: Table, name: str) -> str:
    """Why an unknown column is refused."""
    near = difflib.get_close_matches(name, table.names, n=1)
    hint = f"the nearest of {table.name} is {near[0]}" if near else "map it in `columns` or list it in `ignore`"
    return f"unknown column; {hint}"
