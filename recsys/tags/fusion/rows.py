"""Fused tags as rows of our tables."""

import json
from collections.abc import Sequence

from recsys.schema import MAX_ID_LENGTH
from recsys.tags.fusion.fuse import FusedTag
from recsys.tags.fusion.video import TaggedVideo
from recsys.tags.importers.taggings import Tagged
from recsys.tags.node import Name, Node
from recsys.tags.spelling import language_of

VERSION = "1"
SOURCE = f"model:fusion@{VERSION}"


def fused_rows(video_id: str, video: TaggedVideo, tags: Sequence[FusedTag], source: str = SOURCE) -> Tagged:
    """What `fuse` found as taggings, occurrences and the tags that are new.

    Args:
        video_id: the platform's own.
        video: what was fused.
        tags: what came of it.
        source: as `schema.SOURCE_PATTERN` has it.
    """
    fitting = [one for one in tags if len(one.tag_id) <= MAX_ID_LENGTH]
    return Tagged(
        video_id=video_id,
        source=source,
        taggings=tuple({"tag_id": one.tag_id, "source": source, "confidence": one.confidence} for one in fitting),
        occurrences=tuple(
            {
                "video_id": video_id, "tag_id": one.tag_id, "source": source, "start_ms": span.start_ms,
                "end_ms": span.end_ms, "confidence": span.confidence, "box": _box(span.box),
            }
            for one in fitting for span in one.spans
        ),
        new_nodes=tuple(_node(one, video) for one in fitting if not one.is_known),
        banned=(),
        unnamed=(),
    )  # fmt: skip


def _box(box: tuple[float, float, float, float] | None) -> str | None:
    edges = ("left", "top", "right", "bottom")
    return json.dumps({**dict(zip(edges, box, strict=True)), "unit": "share"}) if box else None


def _node(one: FusedTag, video: TaggedVideo) -> Node:
    """A tag named as the evidence that did most for it says; nameless where that cannot be a name."""
    said = video.evidence[one.parts[0].evidence]
    name = Name(said.language or language_of(said.label), said.label.strip())
    return Node(tag_id=one.tag_id, dimension=one.dimension, names=() if name.fault else (name,))
