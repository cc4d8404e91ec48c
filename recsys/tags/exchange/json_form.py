"""A taxonomy as JSON: every node, its names, and the history of changes."""

import json
from dataclasses import asdict

from recsys.errors import DataError, require
from recsys.tags.catalogue import Change, TagCatalogue
from recsys.tags.node import Name, Node
from recsys.tags.payload import Field, Limits, parsed

FORM = "tagreel-taxonomy/1"
LIMITS = Limits(n_bytes=64 * 2**20, n_values=4_000_000, depth=8)


def to_json(catalogue: TagCatalogue) -> bytes:
    """UTF-8; the same catalogue is the same bytes."""
    told = {
        "form": FORM,
        "version": catalogue.version,
        "nodes": [_bare(asdict(one)) for one in catalogue.nodes],
        "changes": [_bare(asdict(one)) for one in catalogue.changes],
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def from_json(data: bytes) -> TagCatalogue:
    """What `to_json` wrote, or somebody in its form; `version` is made anew of the nodes.

    Raises:
        DataError: hostile, damaged, or no taxonomy; the message names the place.
    """
    top = parsed(data, LIMITS)
    form = top["form"].text()
    require(form == FORM, f"$.form is {form!r}; it must be {FORM!r}")
    return TagCatalogue.of([_node(one) for one in top["nodes"]], [_change(one) for one in top["changes"]])


def _node(field: Field) -> Node:
    names = tuple(
        Name(one["language"].text() or "en", one["text"].text(), one["is_alias"].value is True)
        for one in field["names"]
    )
    try:
        return Node(
            tag_id=field["tag_id"].text(),
            dimension=field["dimension"].text() or "custom",
            parent_id=field["parent_id"].text() or None,
            status=field["status"].text() or "active",
            merged_into=field["merged_into"].text() or None,
            names=names,
            iab=field["iab"].text() or None,
        )
    except DataError as error:
        raise DataError(f"{field.path}: {error}") from None


def _change(field: Field) -> Change:
    return Change(
        at=field["at"].text(),
        what=field["what"].text(),
        tag_id=field["tag_id"].text(),
        into=field["into"].text() or None,
        moved=tuple(one.text() for one in field["moved"]),
        before=field["before"].text(),
        after=field["after"].text(),
    )


def _bare(told: dict) -> dict:
    """Without what is empty."""
    return {key: one for key, one in told.items() if one not in (None, (), [], "")}
