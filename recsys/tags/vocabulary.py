"""Words to tags: which tag a label means, in any language, script or case, and which tags a text mentions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from recsys.schema import DIMENSIONS
from recsys.tags.node import Name, Node
from recsys.tags.spelling import folded, is_ideographic, tokens
from recsys.tags.taxonomy import Taxonomy

BY_NAME_ONLY = ("person", "place", "logo")
"""Labels of these dimensions mean a tag of their own dimension or none: Paris may be a person."""


@dataclass(frozen=True)
class Mention:
    """A tag's name in a text."""

    tag_id: str
    words: str


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """A taxonomy and all the names of its tags."""

    taxonomy: Taxonomy
    nodes: Mapping[str, Node]

    @classmethod
    def of(cls, nodes: Iterable[Node]) -> "Vocabulary":
        """Of the nodes of a catalogue, or of what a store holds."""
        listed = list(nodes)
        columns = [
            [getattr(one, name) or "" for one in listed] for name in ("tag_id", "parent_id", "status", "merged_into")
        ]
        return cls(Taxonomy.from_rows(*columns), {one.tag_id: one for one in listed})

    def meant(self, tag_id: str) -> str | None:
        """The tag that counts: itself, what it was merged into, or None where it is banned or not there."""
        row = self.taxonomy.ids.row(tag_id)
        stands_for = int(self.taxonomy.stands_for[row]) if row >= 0 else -1
        return self.taxonomy.ids[stands_for] if stands_for >= 0 else None

    def above(self, tag_id: str) -> list[str]:
        """The tags above one, the nearest first: in a merged one's place its target, a banned one passed by."""
        row = self.taxonomy.ids.row(tag_id)
        line = [row]
        while row >= 0 and (row := int(self.taxonomy.parent[row])) >= 0:
            stands_for = int(self.taxonomy.stands_for[row])
            if stands_for in line:
                break
            if stands_for >= 0:
                row = stands_for
                line.append(row)
        return [self.taxonomy.ids[one] for one in line[1:]]

    def find(self, label: str, dimension: str | None = None, language: str | None = None) -> str | None:
        """The id of the tag that a label names, as it stands in the taxonomy: it may be merged or banned.

        A tag of the same dimension comes first, then one whose own name it is, whose alias, whose English plural, then
        one named so in that language, then the order of `schema.DIMENSIONS`.

        Args:
            label: in any case, script form or spacing.
            dimension: of the label; None for any.
            language: of the label, where it is known.
        """
        found = self._by_name.get(folded(label), [])
        if dimension in BY_NAME_ONLY:
            found = [one for one in found if self.nodes[one[0]].dimension == dimension]
        if not found:
            return None
        return min(found, key=lambda one: (
            self.nodes[one[0]].dimension != dimension, one[2], language not in (None, one[1]),
            DIMENSIONS.index(self.nodes[one[0]].dimension), one[0],
        ))[0]  # fmt: skip

    def mentioned(self, text: str) -> list[Mention]:
        """The tags that a text names, in order, the longest name at each place; a name inside another does not count.

        One Chinese character is too little to go by: it is a part of too many words.
        """
        words, at, found = tokens(text), 0, []
        while at < len(words):
            name = next(
                (one for one in self._by_first.get(words[at], ()) if tuple(words[at : at + len(one)]) == one), None
            )
            if name:
                spoken = "".join(name) if is_ideographic(name[0]) else " ".join(name)
                tag_id = self.find(self._spelling[name])
                found += [Mention(tag_id, spoken)] if tag_id else []
            at += len(name) if name else 1
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[str, str, int]]]:
        found: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
        for node in self.nodes.values():
            for one in node.names:
                for rank, spelling in _spellings(one):
                    found[spelling].append((node.tag_id, one.language, rank))
        return dict(found)

    @cached_property
    def _spelling(self) -> dict[tuple[str, ...], str]:
        """The folded name of each row of tokens that is one."""
        rows = {tuple(tokens(name)): name for name in self._by_name}
        return {row: name for row, name in rows.items() if len(row) > 1 or (row and not is_ideographic(row[0]))}

    @cached_property
    def _by_first(self) -> dict[str, list[tuple[str, ...]]]:
        """Names by their first token, the longest first."""
        found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for row in sorted(self._spelling, key=len, reverse=True):
            found[row[0]].append(row)
        return dict(found)


def _spellings(name: Name) -> list[tuple[int, str]]:
    """The name folded, and the plural of an English one; with their ranks: a name, an alias, a plural."""
    spelling = folded(name.text)
    plural = spelling + ("es" if spelling.endswith(("s", "x", "ch", "sh")) else "s")
    has_plural = name.language.split("-")[0] == "en" and spelling[-1:].isalpha()
    return [(int(name.is_alias), spelling), *([(2, plural)] if has_plural else [])]
