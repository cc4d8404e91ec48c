"""What a vendor said of a video as rows of our tables: its labels matched to tags by name, or made into new tags."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from recsys.errors import require
from recsys.schema import MAX_ID_LENGTH
from recsys.tags.importers.result import Occurrence, VendorResult, VendorTag, combined
from recsys.tags.node import MAX_NAME, Name, Node
from recsys.tags.spelling import language_of, readable_id
from recsys.tags.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True)
class Tagged:
    """A video's tags by one source."""

    video_id: str
    source: str
    taggings: tuple[dict[str, Any], ...]
    """Rows with tag_id, source and confidence, each tag once."""
    occurrences: tuple[dict[str, Any], ...]
    """Rows of `schema.TAG_OCCURRENCES`; of those that start together, the longest."""
    new_nodes: tuple[Node, ...]
    """Tags that the taxonomy lacks, parents first."""
    banned: tuple[str, ...]
    """Labels of banned tags: nothing was made of them."""
    unnamed: tuple[str, ...]
    """What the vendor saw and could not name: likewise."""


class Tagger:
    """Gives vendors' labels tags, and remembers those that it had to make."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """See the class.

        Args:
            vocabulary: the taxonomy as it stands. A label that names none of its tags makes a new one of its dimension.
        """
        self.vocabulary, self._made = vocabulary, dict[str, Node]()

    def tagged(self, video_id: str, results: Sequence[VendorResult]) -> Tagged:
        """Rows for what one vendor said of one video, in one result or several pages of it.

        Args:
            video_id: the platform's own.
            results: at least one, all finished and of one vendor.

        Raises:
            DataError: a label, or the id made of one, is no name; see `Node`.
        """
        n_made = len(self._made)
        tags = combined(one for result in results for one in result.tags)
        found: dict[str, list[VendorTag]] = {}
        banned = []
        for one in tags:
            tag_id = self._tag(one) if one.is_named else None
            if tag_id:
                found.setdefault(tag_id, []).append(one)
            elif one.is_named:
                banned.append(one.label)
        source = results[0].source
        return Tagged(
            video_id=video_id,
            source=source,
            taggings=tuple(
                {"tag_id": tag_id, "source": source, "confidence": _surest(said)} for tag_id, said in found.items()
            ),
            occurrences=tuple(
                {"video_id": video_id, "tag_id": tag_id, "source": source, **row}
                for tag_id, said in found.items()
                for row in _rows([one for tag in said for one in tag.occurrences])
            ),
            new_nodes=tuple(self._made.values())[n_made:],
            banned=tuple(banned),
            unnamed=tuple(one.label for one in tags if not one.is_named),
        )

    def _tag(self, one: VendorTag) -> str | None:
        """The tag that counts; None for a banned one."""
        found = self._known(one.dimension, (one.label, *one.other_labels), one.language)
        if found:
            return self.vocabulary.meant(found) if found in self.vocabulary.nodes else found
        parent_id = self._below(one)
        for label in one.parents:
            above = self._known(one.dimension, (label,), one.language)
            parent_id = above if above else self._make(one.dimension, (label,), one.language, parent_id)
        return self._make(one.dimension, (one.label, *one.other_labels), one.language, parent_id)

    def _below(self, one: VendorTag) -> str | None:
        """The lowest tag that a vendor's groups name: without an order, only the taxonomy can tell."""
        nodes, fitting = self.vocabulary.nodes, list[str]()
        for label in one.groups:
            found = self._known(one.dimension, (label,), one.language)
            meant = self.vocabulary.meant(found) if found else None
            if meant and nodes[meant].dimension == one.dimension:
                fitting.append(meant)
        return max(fitting, key=lambda each: (len(self.vocabulary.above(each)), each), default=None)

    def _known(self, dimension: str, labels: Sequence[str], language: str | None) -> str | None:
        by_name = (self.vocabulary.find(label, dimension, language) for label in labels)
        tag_id = readable_id(dimension, labels[0])
        there = tag_id in self.vocabulary.nodes or tag_id in self._made
        return next(filter(None, by_name), tag_id if there else None)

    def _make(self, dimension: str, labels: Sequence[str], language: str | None, parent_id: str | None) -> str:
        tag_id = readable_id(dimension, labels[0])
        require(len(labels[0]) <= MAX_NAME, f"the label {labels[0][:50]!r}… is longer than {MAX_NAME} characters")
        named = dict.fromkeys((language or language_of(label), label) for label in labels if len(label) <= MAX_NAME)
        names = tuple(Name(*each, is_alias=position > 0) for position, each in enumerate(named))
        self._made[tag_id] = Node(tag_id=tag_id, dimension=dimension, parent_id=parent_id, names=names)
        return tag_id


def _surest(said: Sequence[VendorTag]) -> float | None:
    return max((one.confidence for one in said if one.confidence is not None), default=None)


def _rows(occurrences: Sequence[Occurrence]) -> list[dict[str, Any]]:
    longest: dict[int, Occurrence] = {}
    for one in sorted(occurrences, key=lambda one: (one.start_ms, one.end_ms)):
        longest[one.start_ms] = one
    return [
        {
            "start_ms": one.start_ms,
            "end_ms": one.end_ms,
            "confidence": one.confidence,
            "box": json.dumps(asdict(one.frame)) if one.frame else None,
        }
        for one in longest.values()
    ]


def video_of(result: VendorResult, video_id: str | None) -> str:
    """The platform's id of a result's video: the one given, else what the vendor calls it.

    Raises:
        DataError: neither is there, or it is no id.
    """
    found = video_id or result.media_id
    require(found is not None, f"a result of {result.vendor} does not say which video it is of; say so with --video")
    one = found or ""
    require(
        len(one) <= MAX_ID_LENGTH and one.isprintable(),
        f"{one[:50]!r} is no id of a video; at most {MAX_ID_LENGTH} printable characters are allowed",
    )
    return one
