"""Tags to vectors: what a video's taggings, of many sources and confidences, weigh together.

The weight of tag t on video j is idf(t) · (1 - Π over its sources (1 - source weight · confidence · age decay)):
sources agree by noisy-or, so a second opinion adds but never passes 1. Parents get a share of their children's
evidence, merged tags count for what they stand for, banned ones for nothing. Each vector then has length 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from recsys.errors import ConfigError, require
from recsys.ids import Ids
from recsys.schema import NEVER, Floats, Mask, Rows
from recsys.tags.taxonomy import Taxonomy
from recsys.timeline import ages_days, decay, to_ms

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class TagConfig:
    """How taggings become vectors."""

    idf_power: float = 1.5
    """Exponent on idf; 0 treats every tag alike."""
    unknown_confidence: float = 0.8
    """What a tagging without a confidence counts as."""
    source_weights: dict[str, float] = field(
        default_factory=lambda: {"editor": 1.0, "viewer": 0.9, "vendor": 0.8, "model": 0.7}
    )
    """Trust in a source, by full name or by the part before the colon, 0 to 1."""
    half_life_days: float = float("inf")
    """Age at which a tagging counts half."""
    parent_share: float = 0.5
    """Part of a tag's evidence that its parent gets, its grandparent the square of it, and so on; 0 to 1."""
    min_videos: int = 1
    """Tags on fewer videos than this do not enter the vectors."""

    def __post_init__(self) -> None:
        for name, low, high in (("idf_power", 0, 4), ("unknown_confidence", 0, 1), ("parent_share", 0, 1)):
            value = getattr(self, name)
            require(low <= value <= high, f"tags.{name} is {value}; it must be within {low} and {high}", ConfigError)
        require(
            self.half_life_days > 0, f"tags.half_life_days is {self.half_life_days}; it must be above 0", ConfigError
        )
        require(self.min_videos >= 1, f"tags.min_videos is {self.min_videos}; it must be at least 1", ConfigError)
        for source, weight in self.source_weights.items():
            where = f"tags.source_weights.{source} is {weight}"
            require(0 <= weight <= 1, f"{where}; it must be within 0 and 1", ConfigError)

    def source_weight(self, source: str) -> float:
        """Trust in one source; an unnamed kind of source counts half."""
        return self.source_weights.get(source, self.source_weights.get(source.split(":")[0], 0.5))


@dataclass(frozen=True, eq=False)
class Evidence:
    """Taggings as arrays, each with its trust already in it."""

    video: Rows  # (n,) position of the video
    tag: Rows  # (n,) row in the taxonomy
    trust: Floats  # (n,) source weight · confidence, 0 to 1
    known_at: np.ndarray  # (n,) ms; NEVER means always known
    withdrawn_at: np.ndarray  # (n,) ms; NEVER means still standing

    def at(self, as_of: int) -> Evidence:
        """What was known strictly before a moment and not yet withdrawn at it."""
        return self.where(((self.known_at < as_of) | (self.known_at == NEVER)) & (self.withdrawn_at >= as_of))

    def where(self, keep: Mask) -> Evidence:
        """Only the taggings at which `keep`, (n,), is true."""
        if keep.all():
            return self
        return Evidence(
            self.video[keep], self.tag[keep], self.trust[keep], self.known_at[keep], self.withdrawn_at[keep]
        )


@dataclass(frozen=True, eq=False)
class TagVectorizer:
    """Fitted: which tags there are and what each weighs. `vectors` serves training and new videos alike."""

    taxonomy: Taxonomy
    idf: Floats  # (n_tags,) 0 for a tag left out
    config: TagConfig

    @property
    def ids(self) -> Ids:
        """The tags in column order."""
        return self.taxonomy.ids

    def evidence(self, taggings: pd.DataFrame, videos: Ids) -> Evidence:
        """Taggings as arrays; rows of unknown videos, unknown tags or banned tags are dropped."""
        return evidence(taggings, videos, self.taxonomy, self.config)

    def vectors(self, given: Evidence, n_videos: int, as_of: int) -> sparse.csr_array:
        """(n_videos, n_tags) float32 rows of length 1, or empty where a video has no known tag."""
        return self.weighed(_combined(given.at(as_of), n_videos, self.taxonomy, as_of, self.config))

    def weighed(self, belief: sparse.csr_array) -> sparse.csr_array:
        """(n_videos, n_tags) beliefs 0 to 1 as vectors: times idf, brought to length 1."""
        return _weighed(belief, self.idf)

    def with_tags(self, tag_ids: Iterable[str]) -> TagVectorizer:
        """The same columns, and one behind them for each tag not seen so far: a root that weighs as the rarest."""
        taxonomy = self.taxonomy.with_roots(tag_ids)
        new = len(taxonomy) - len(self.idf)
        if not new:
            return self
        idf = np.concatenate([self.idf, np.full(new, self.idf.max(initial=1.0), np.float32)])
        return replace(self, taxonomy=taxonomy, idf=idf)


def fit_vectorizer(
    taggings: pd.DataFrame, tags: pd.DataFrame, videos: Ids, as_of: int, config: TagConfig = TagConfig()
) -> TagVectorizer:
    """Learn idf = ln(1 + n_videos / n_videos with the tag) from what was known before `as_of`.

    Args:
        taggings: rows of `schema.TAGGINGS`.
        tags: rows of `schema.TAGS`.
        videos: the catalogue; taggings of others are ignored.
        as_of: ms.
        config: hyper-parameters.
    """
    taxonomy = Taxonomy.of(tags, taggings["tag_id"])
    return fit_vectors(evidence(taggings, videos, taxonomy, config), len(videos), taxonomy, as_of, config)[0]


def fit_vectors(
    given: Evidence, n_videos: int, taxonomy: Taxonomy, as_of: int, config: TagConfig = TagConfig()
) -> tuple[TagVectorizer, sparse.csr_array]:
    """What `fit_vectorizer` fits, out of its evidence, and the `vectors` that it makes of the same at `as_of`."""
    present = _combined(given.at(as_of), n_videos, taxonomy, as_of, config)
    spread = np.bincount(present.indices, minlength=len(taxonomy))
    idf = np.log1p(max(n_videos, 1) / np.maximum(spread, 1)) ** config.idf_power
    fitted = TagVectorizer(taxonomy, np.where(spread >= config.min_videos, idf, 0).astype(np.float32), config)
    return fitted, _weighed(present, fitted.idf)


def evidence(taggings: pd.DataFrame, videos: Ids, taxonomy: Taxonomy, config: TagConfig) -> Evidence:
    """Taggings as arrays, their tags resolved; rows of unknown videos and unknown or banned tags are dropped."""
    sources, names = taggings["source"].factorize()
    trusted = np.array([config.source_weight(str(one)) for one in names], np.float32)
    confidence = taggings["confidence"].fillna(config.unknown_confidence).to_numpy(np.float32)
    trust = confidence * trusted[sources] if len(names) else confidence
    video = _rows(videos, taggings["video_id"])
    tag = _rows(taxonomy.ids, taggings["tag_id"])
    tag = np.where(tag >= 0, taxonomy.stands_for[tag], -1).astype(np.int32) if len(taxonomy) else tag
    keep = (video >= 0) & (tag >= 0)
    known_at, withdrawn_at = to_ms(taggings["known_at"]), to_ms(taggings["withdrawn_at"])
    return Evidence(video[keep], tag[keep], trust[keep], known_at[keep], withdrawn_at[keep])


def _rows(ids: Ids, values: pd.Series) -> Rows:
    codes, unique = values.factorize()
    return ids.rows(list(unique))[codes] if len(unique) else np.empty(0, np.int32)


def inherited(given: Evidence, taxonomy: Taxonomy, share: float) -> Evidence:
    """The taggings, and for each what its parent gets of its trust, its grandparent, and so on up."""
    parts = [given]
    for generation, parents in enumerate(taxonomy.ancestors() if share else [], start=1):
        above = parents[given.tag]
        has = (above >= 0) & (taxonomy.stands_for[above] >= 0)
        tag, trust = taxonomy.stands_for[above[has]], given.trust[has] * np.float32(share**generation)
        parts.append(Evidence(given.video[has], tag, trust, given.known_at[has], given.withdrawn_at[has]))
    return Evidence(*(np.concatenate(column) for column in zip(*(vars(one).values() for one in parts), strict=True)))


def _combined(given: Evidence, n_videos: int, taxonomy: Taxonomy, as_of: int, config: TagConfig) -> sparse.csr_array:
    """(n_videos, n_tags) belief 0 to 1 that the tag belongs: noisy-or over sources and over children."""
    full = inherited(given, taxonomy, config.parent_share)
    age = np.where(full.known_at == NEVER, 0, ages_days(full.known_at, as_of)).astype(np.float32)
    doubt = np.log1p(-np.minimum(full.trust * decay(age, config.half_life_days), np.float32(1 - 1e-6)))
    belief = sparse.coo_array((doubt, (full.video, full.tag)), shape=(n_videos, len(taxonomy))).tocsr()
    belief.data = -np.expm1(belief.data)
    belief.eliminate_zeros()
    return belief


def _weighed(belief: sparse.csr_array, idf: Floats) -> sparse.csr_array:
    """Beliefs times idf, each row brought to length 1; a row without any stays empty."""
    weighed = sparse.csr_array((belief.data * idf[belief.indices], belief.indices, belief.indptr), shape=belief.shape)
    weighed.eliminate_zeros()
    row = np.repeat(np.arange(belief.shape[0]), np.diff(weighed.indptr))
    length = np.sqrt(np.bincount(row, weighed.data.astype(np.float64) ** 2, belief.shape[0]))
    weighed.data = (weighed.data / length[row]).astype(np.float32)
    return weighed
