"""A bundle's contents in a taxonomy that was edited since it was trained."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from recsys.bundle import Contents
from recsys.interactions import Videos
from recsys.models.sketches import turned
from recsys.tags.edits import TagEdit, edited, retagged


def reorganised(contents: Contents, edits: Sequence[TagEdit]) -> Contents:
    """The same videos and models, with vectors as the tags stand now; itself where no tag stands otherwise.

    Args:
        contents: the bundle's own.
        edits: every tag that was edited, as it is now.
    """
    taxonomy = edited(contents.vectorizer.taxonomy, edits)
    if taxonomy is contents.vectorizer.taxonomy:
        return contents
    vectorizer, tags = retagged(contents.vectorizer, contents.videos.tags, taxonomy)
    videos = Videos(contents.videos.rows, tags)
    moved = replace(contents, vectorizer=vectorizer, videos=videos)
    if np.shares_memory(tags.data, contents.videos.tags.data):  # no video has a tag that was moved
        return moved
    return replace(moved, sketches=replace(contents.sketches, by_tag=turned(tags)))
