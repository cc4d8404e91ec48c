"""A taxonomy as CSV: a row a tag, a column for its name in each language, and one for its aliases there.

Merges stay, as columns; when they were made does not.
"""

import csv
import io
import re
from collections.abc import Sequence

from recsys.errors import DataError, require
from recsys.tags.catalogue import TagCatalogue
from recsys.tags.node import Node, names_of

COLUMNS = ("tag_id", "dimension", "parent_id", "status", "merged_into", "iab")
BETWEEN = "|"
"""Between two aliases."""
MAX_BYTES = 64 * 2**20
_NAMES = re.compile(r"(name|aliases):([A-Za-z0-9-]{1,35})")


def to_csv(catalogue: TagCatalogue) -> bytes:
    """UTF-8; the same catalogue is the same bytes.

    Raises:
        DataError: an alias holds what stands between aliases, or a tag has two names in a language that are no aliases.
    """
    languages = sorted({name.language for one in catalogue.nodes for name in one.names})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *(f"{what}:{language}" for language in languages for what in ("name", "aliases"))])
    for one in catalogue.nodes:
        names = [cell for language in languages for cell in _cells(one, language)]
        writer.writerow([*(getattr(one, column) or "" for column in COLUMNS), *names])
    return out.getvalue().encode()


def _cells(node: Node, language: str) -> tuple[str, str]:
    names = [one.text for one in node.names if one.language == language and not one.is_alias]
    aliases = [one.text for one in node.names if one.language == language and one.is_alias]
    where = f"tag {node.tag_id!r} in {language}"
    require(len(names) <= 1, f"{where} has the names {', '.join(names)}; CSV takes one, so make the others aliases")
    require(not any(BETWEEN in one for one in aliases), f"{where} has an alias with {BETWEEN}; write JSON instead")
    return (names[0] if names else "", BETWEEN.join(aliases))


def from_csv(data: bytes) -> TagCatalogue:
    """What `to_csv` wrote, or a spreadsheet with a `tag_id` and any of the other columns.

    Raises:
        DataError: too large, no CSV, an unknown column, or no taxonomy; the message names the line.
    """
    require(len(data) <= MAX_BYTES, f"the file has {len(data)} bytes; {MAX_BYTES} are allowed")
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        known = _languages(rows.fieldnames or ())
        return TagCatalogue.of([_node(row, known, rows.line_num) for row in rows])
    except UnicodeDecodeError as error:
        raise DataError(f"the file is not UTF-8 at byte {error.start}") from None
    except csv.Error as error:
        raise DataError(f"the file is no CSV: {error}") from None


def _languages(columns: Sequence[str]) -> list[str]:
    """The languages of the names; DataError for a column that is none of ours."""
    strange = [one for one in columns if one not in COLUMNS and not _NAMES.fullmatch(one)]
    require("tag_id" in columns, "line 1: there is no column tag_id")
    require(not strange, f"line 1: {strange[:1]} is no column; there are {', '.join(COLUMNS)}, name:en, aliases:en, …")
    return sorted({found[2] for one in columns if (found := _NAMES.fullmatch(one))})


def _node(row: dict[str, str | None], languages: list[str], line: int) -> Node:
    require(None not in row, f"line {line}: there are more cells than columns")
    cell = {key: (one or "").strip() for key, one in row.items()}
    named = (
        (one, cell.get(f"name:{one}", ""), cell.get(f"aliases:{one}", "").split(BETWEEN)) for one in languages
    )  # fmt: skip
    try:
        return Node(
            tag_id=cell["tag_id"],
            dimension=cell.get("dimension") or "custom",
            parent_id=cell.get("parent_id") or None,
            status=cell.get("status") or "active",
            merged_into=cell.get("merged_into") or None,
            names=names_of(named),
            iab=cell.get("iab") or None,
        )
    except DataError as error:
        raise DataError(f"line {line}: {error}") from None
