"""Who gave which video which tag, as arrays: what every question about the quality of tags starts from."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from recsys.ids import Ids
from recsys.schema import NEVER, Floats, Mask, Rows
from recsys.tags.taxonomy import Taxonomy
from recsys.timeline import to_ms

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Tagged:
    """Taggings that stood at one moment; one row per video, tag and source."""

    videos: Ids
    taxonomy: Taxonomy
    sources: tuple[str, ...]
    video: Rows  # (n,)
    tag: Rows  # (n,) merged tags as what they stand for
    source: Rows  # (n,) position in `sources`
    confidence: Floats  # (n,) 0 to 1, NaN where unknown
    known_at: np.ndarray  # (n,) ms, NEVER where it was always known

    def __len__(self) -> int:
        return len(self.video)

    @property
    def tags(self) -> Ids:
        """The tags in column order."""
        return self.taxonomy.ids

    @classmethod
    def of(cls, taggings: "pd.DataFrame", videos: Ids, taxonomy: Taxonomy, as_of: int) -> "Tagged":
        """The taggings known strictly before `as_of`, in ms, and not withdrawn before it.

        Those of unknown videos and of unknown or banned tags are left out.
        """
        codes, sources = taggings["source"].astype(str).factorize()
        video, tag = (_rows(ids, taggings[name]) for ids, name in ((videos, "video_id"), (taxonomy.ids, "tag_id")))
        tag = np.where(tag >= 0, taxonomy.stands_for[tag], -1).astype(np.int32) if len(taxonomy) else tag
        known_at, gone_at = to_ms(taggings["known_at"]), to_ms(taggings["withdrawn_at"])
        keep = (video >= 0) & (tag >= 0) & ((known_at < as_of) | (known_at == NEVER)) & (gone_at >= as_of)
        confidence = taggings["confidence"].to_numpy(np.float32)
        arrays = video[keep], tag[keep], codes[keep].astype(np.int32), confidence[keep], known_at[keep]
        return cls(videos, taxonomy, tuple(str(one) for one in sources), *arrays)

    def where(self, keep: Mask) -> "Tagged":
        """Only the taggings at which `keep`, (n,), is true."""
        who = self.video[keep], self.tag[keep], self.source[keep]
        return Tagged(self.videos, self.taxonomy, self.sources, *who, self.confidence[keep], self.known_at[keep])

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """(n_videos, n_tags) float32, 1 where any source says that the video has the tag."""
        shape = (len(self.videos), len(self.tags))
        matrix = sparse.coo_array((np.ones(len(self), np.float32), (self.video, self.tag)), shape=shape).tocsr()
        matrix.data[:] = 1
        return matrix

    @cached_property
    def spread(self) -> Rows:
        """(n_tags,) how many videos have each tag."""
        return np.bincount(self.matrix.indices, minlength=len(self.tags)).astype(np.int32)


def _rows(ids: Ids, values: "pd.Series") -> Rows:
    codes, unique = values.astype(str).factorize()
    return ids.rows(list(unique))[codes] if len(unique) else np.empty(0, np.int32)
