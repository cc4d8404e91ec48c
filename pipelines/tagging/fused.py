"""Evidence of a video fused into tags of the shipped taxonomy, and those as rows of a table."""

from functools import cache

from pipelines.tagging.chain import Tagged
from pipelines.tagging.tag_rows import TagRow
from recsys.tags.fusion.config import FusionConfig
from recsys.tags.fusion.fuse import FusedTag, fuse
from recsys.tags.fusion.mapping import Mapper
from recsys.tags.fusion.video import TaggedVideo
from recsys.tags.shipped import default_taxonomy
from recsys.tags.vocabulary import Vocabulary

LANGUAGES = ("en", "zh")
"""Names that a row shows, in this order."""


@cache
def vocabulary() -> Vocabulary:
    """The shipped taxonomy with all names."""
    return Vocabulary.of(default_taxonomy().nodes)


def tags_of(found: Tagged, config: FusionConfig = FusionConfig()) -> list[FusedTag]:
    """The video's tags, the best first; empty where nothing was found."""
    video = TaggedVideo.of(found.evidence, found.view.title)
    return fuse(video, Mapper(vocabulary(), config))


def tag_rows(tags: list[FusedTag]) -> list[TagRow]:
    """A row for each tag, in their order; called by its names, or by its id where the taxonomy does not know it."""
    return [
        TagRow(
            one.dimension, _called(one.tag_id), one.confidence,
            tuple((span.start_ms, span.end_ms, span.confidence) for span in one.spans),
            tuple(dict.fromkeys(part.source for part in one.parts)) or ("implied",),
        )
        for one in tags
    ]  # fmt: skip


def _called(tag_id: str) -> str:
    node = vocabulary().nodes.get(tag_id)
    names = {one.language: one.text for one in node.names if not one.is_alias} if node else {}
    return " ".join(names[one] for one in LANGUAGES if one in names) or tag_id.partition(":")[2] or tag_id
