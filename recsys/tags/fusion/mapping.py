"""Evidence to tags: labels by their names, sentences by the names in them, the rest by a text encoder where one is."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import numpy as np

from recsys.schema import DIMENSIONS, Doubles
from recsys.tags.evidence import Evidence
from recsys.tags.fusion.config import FusionConfig
from recsys.tags.node import MAX_NAME
from recsys.tags.spelling import readable_id
from recsys.tags.vocabulary import Vocabulary

Encoder = Callable[[Sequence[str]], Doubles]
"""(n) texts of any language to (n, d) vectors whose cosines say how near they are in meaning."""
SENTENCES = ("text", "speech")
"""Dimensions whose labels are running text, which names tags."""


class Mapper:
    """Finds the tags that evidence speaks for."""

    def __init__(
        self, vocabulary: Vocabulary, config: FusionConfig = FusionConfig(), encoder: Encoder | None = None
    ) -> None:
        """See the class.

        Args:
            vocabulary: the taxonomy with its names.
            config: what is left out, and what is kept that names no tag.
            encoder: used for what names no tag.
        """
        self.vocabulary, self.config, self.encoder = vocabulary, config, encoder
        self._above: dict[str, tuple[str, ...]] = {}
        self.blacklist = self.named(config.blacklist)
        self.hot = self.named(config.hot_words)

    def named(self, words: Iterable[str]) -> frozenset[str]:
        """Tags by their ids or names; a word that is neither stands for the tags that would be made of it."""
        given = list(words)
        found = {self.vocabulary.find(one) or one for one in given}
        return frozenset(
            {self.vocabulary.meant(one) or one for one in found} | {readable_id("keyword", one) for one in given}
        )

    def tags(self, evidence: Sequence[Evidence]) -> list[dict[str, float]]:
        """(n) what each piece of evidence speaks for: tag id to how well it fits, 0 to 1.

        Merged tags count for what they stand for; banned and blacklisted ones for nothing.
        """
        found = [self._by_name(one) for one in evidence]
        lost = [at for at, tags in enumerate(found) if not tags]
        for at, tags in zip(lost, self._by_meaning([evidence[at].label for at in lost]), strict=True):
            found[at] = tags or self._as_new(evidence[at])
        return [self._counted(tags) for tags in found]

    def mentioned(self, text: str) -> frozenset[str]:
        """The tags that count among those that a title or description names."""
        return frozenset(self._counted({one.tag_id: 1.0 for one in self.vocabulary.mentioned(text)}))

    def dimension(self, tag_id: str) -> str:
        """The dimension of a tag, known or new."""
        node = self.vocabulary.nodes.get(tag_id)
        return node.dimension if node else tag_id.partition(":")[0]

    def parents(self, tag_id: str) -> tuple[str, ...]:
        """The tags above one, the nearest first, as far as they count: a merged one's place is that of its target."""
        if tag_id not in self._above:
            self._above[tag_id] = tuple(one for one in self.vocabulary.above(tag_id) if one not in self.blacklist)
        return self._above[tag_id]

    def _by_name(self, one: Evidence) -> dict[str, float]:
        if one.dimension in SENTENCES:
            return {found.tag_id: 1.0 for found in self.vocabulary.mentioned(one.label)}
        tag_id = self.vocabulary.find(one.label, one.dimension, one.language)
        return {tag_id: 1.0} if tag_id else {}

    def _by_meaning(self, labels: Sequence[str]) -> list[dict[str, float]]:
        """The tag whose name is nearest to each label, and how near, where it is near enough."""
        if self.encoder is None or not labels or not len(self._names[0]):
            return [{} for _ in labels]
        tag_ids, vectors = self._names
        near = _unit(self.encoder(labels)) @ vectors.T  # (n_labels, n_names)
        best = near.argmax(1)
        return [
            {tag_ids[name]: float(min(near[at, name], 1.0))} if near[at, name] >= self.config.min_similarity else {}
            for at, name in enumerate(best)
        ]

    def _as_new(self, one: Evidence) -> dict[str, float]:
        fits = self.config.keep_unknown and one.dimension not in SENTENCES and len(one.label) <= MAX_NAME
        dimension = one.dimension if one.dimension in DIMENSIONS else "custom"
        return {readable_id(dimension, one.label): 1.0} if fits else {}

    def _counted(self, tags: dict[str, float]) -> dict[str, float]:
        counted: dict[str, float] = {}
        for tag_id, fit in tags.items():
            meant = self.vocabulary.meant(tag_id) if tag_id in self.vocabulary.nodes else tag_id
            if meant is not None and meant not in self.blacklist:
                counted[meant] = max(fit, counted.get(meant, 0.0))
        return counted

    @cached_property
    def _names(self) -> tuple[list[str], Doubles]:
        """The tag of each name, and (n_names, d) the names' unit vectors."""
        said = [(node.tag_id, name.text) for node in self.vocabulary.nodes.values() for name in node.names]
        if not said or self.encoder is None:
            return [], np.empty((0, 0))
        return [tag_id for tag_id, _ in said], _unit(self.encoder([text for _, text in said]))


def _unit(vectors: Doubles) -> Doubles:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors, np.float64), where=lengths > 0)
