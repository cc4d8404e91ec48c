"""The tags that a job may find: the store's, and for what it has no name for, those that ship."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from recsys.tags.node import Node
from recsys.tags.shipped import default_taxonomy
from recsys.tags.vocabulary import Vocabulary


def completed(nodes: Sequence[Node]) -> dict[str, Node]:
    """A store's tags by id, and those of the shipped taxonomy none of whose names the store has, banned ones included.

    A shipped tag that stands below one which the store has under another id stands below that.
    """
    own = Vocabulary.of(nodes)
    stands_for: dict[str, str] = {}
    for one in default_taxonomy().nodes:
        found = (
            one.tag_id if one.tag_id in own.nodes else next(filter(None, (own.find(n.text) for n in one.names)), None)
        )
        stands_for[one.tag_id] = found or one.tag_id
    added = [one for one in default_taxonomy().nodes if stands_for[one.tag_id] not in own.nodes]
    placed = (replace(one, parent_id=stands_for.get(one.parent_id or "", one.parent_id)) for one in added)
    return {**own.nodes, **{one.tag_id: one for one in placed}}


def lacking(used: Iterable[str], known: dict[str, Node], nodes: Sequence[Node]) -> list[Node]:
    """The tags among some, and those above them, that a store lacks; those above first.

    Args:
        used: ids.
        known: what `completed` made.
        nodes: what the store has.
    """
    there = {one.tag_id for one in nodes}
    lines: list[str] = []
    for tag_id in used:
        line = list[str]()
        while tag_id in known and tag_id not in there and tag_id not in line:
            line.append(tag_id)
            tag_id = known[tag_id].parent_id or ""
        lines += reversed(line)
    return [known[one] for one in dict.fromkeys(lines)]
