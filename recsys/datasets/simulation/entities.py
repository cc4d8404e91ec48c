"""What stands before the first event, as tables: tags, videos, taggings, viewers and the tags they declared."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pyarrow as pa

from recsys.datasets.simulation.arrow import all_ids, of_schema, pick, reals, repeated, table, times
from recsys.datasets.simulation.catalogue import SOURCES, again
from recsys.datasets.simulation.world import World

N_DECLARED = 3
"""How many of their favourites those viewers name who name any."""
VIDEOS_AT_ONCE = 20_000
TRUE_TAGS = pa.schema([("video_id", pa.string()), ("tag_id", pa.string()), ("weight", pa.float32())])
"""What a video truly shows; its weights sum to 1."""


class Entities:
    """The tables of one world; the large ones in pieces."""

    def __init__(self, world: World) -> None:
        self.world = world

    @cached_property
    def video_ids(self) -> pa.Array:
        """By row."""
        return all_ids("video", self.world.config.n_videos)

    @cached_property
    def viewer_ids(self) -> pa.Array:
        """By row."""
        return all_ids("viewer", self.world.config.n_viewers)

    @cached_property
    def tag_ids(self) -> pa.Array:
        """By row."""
        return pa.array(self.world.tags.tag_id, pa.string())

    def small(self) -> dict[str, pa.Table]:
        """All tables but taggings."""
        return {
            "tags": self._tags(),
            "tag_names": self._tag_names(),
            "videos": self._videos(),
            "viewers": table("viewers", {"viewer_id": self.viewer_ids}),
            "viewer_tags": self._viewer_tags(),
        }

    def taggings(self) -> Iterator[pa.Table]:
        """What is said of the videos, some videos at a time."""
        catalogue = self.world.catalogue
        for start in range(0, self.world.config.n_videos, VIDEOS_AT_ONCE):
            piece = slice(start, start + VIDEOS_AT_ONCE)
            video, slot = np.nonzero(catalogue.tags[piece] >= 0)
            video += start
            yield table("taggings", {
                "video_id": pick(self.video_ids, video),
                "tag_id": pick(self.tag_ids, catalogue.tags[video, slot]),
                "source": pick(SOURCES, catalogue.source[video, slot]),
                "confidence": reals(catalogue.confidence[video, slot]),
                "known_at": times(catalogue.known_at[video, slot]),
            })  # fmt: skip

    def true_tags(self) -> Iterator[pa.Table]:
        """What the videos truly show, some videos at a time."""
        catalogue = self.world.catalogue
        for start in range(0, self.world.config.n_videos, VIDEOS_AT_ONCE):
            piece = catalogue.true_tags[start : start + VIDEOS_AT_ONCE]
            video = np.repeat(np.arange(start, start + len(piece)), piece.shape[1])
            yield of_schema(TRUE_TAGS, {
                "video_id": pick(self.video_ids, video),
                "tag_id": pick(self.tag_ids, piece.ravel()),
                "weight": pa.array(np.tile(catalogue.true_weights, len(piece))),
            })  # fmt: skip

    def _videos(self) -> pa.Table:
        catalogue, tags = self.world.catalogue, self.world.tags
        first = [tags.name[row] for row in catalogue.true_tags[:, 0]]
        second = [tags.name[row] for row in catalogue.true_tags[:, 1 % catalogue.true_tags.shape[1]]]
        titles = [
            f"{one} and {other} #{row}".capitalize() for row, (one, other) in enumerate(zip(first, second, strict=True))
        ]
        return table("videos", {
            "video_id": self.video_ids,
            "title": pa.array(titles, pa.string()),
            "language": repeated("en", len(titles)),
            "published_at": times(catalogue.published),
            "duration_s": reals(catalogue.duration_s),
        })  # fmt: skip

    def _tags(self) -> pa.Table:
        tags = self.world.tags
        return table("tags", {
            "tag_id": self.tag_ids,
            "dimension": pa.array(tags.dimension, pa.string()),
            "parent_id": pa.array([tags.tag_id[row] if row >= 0 else None for row in tags.parent], pa.string()),
            "status": repeated("active", len(tags.tag_id)),
        })  # fmt: skip

    def _tag_names(self) -> pa.Table:
        names = self.world.tags.name
        return table("tag_names", {
            "tag_id": self.tag_ids,
            "language": repeated("en", len(names)),
            "name": pa.array(names, pa.string()),
            "is_alias": pa.array([False] * len(names)),
        })  # fmt: skip

    def _viewer_tags(self) -> pa.Table:
        audience = self.world.audience
        named = audience.favourites[:, :N_DECLARED]
        viewer, place = np.nonzero(audience.declared[:, None] & ~again(named))
        return table("viewer_tags", {
            "viewer_id": pick(self.viewer_ids, viewer),
            "tag_id": pick(self.tag_ids, named[viewer, place]),
            "state": repeated("liked", len(viewer)),
            "weight": reals(np.ones(len(viewer))),
            "set_at": times(audience.joined[viewer]),
        })  # fmt: skip
