"""The hybrid: five cores, each brought to one scale, blended by how much is known of viewer and video.

score(u, j) = Σ_c w_c(u, j) · (s_c(u, j) - o_c) / σ_c. σ_c is what core c's scores spread for the median viewer over a
fixed sample of known videos; o_c takes the middle off popularity, whose middle tells a promising new video from a dull
one, and is 0 for the others. One scale serves all viewers: item to item, sequence and factors are regressions, so
their scores are how likely each holds a video to be liked, for a known one as for a new one, and a viewer of whom
little is known gets small ones by themselves. Every core is linear in past videos, tags and popularity, so the score
is, and its parts add up to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.interactions import Profiles, TrainingData, Videos
from recsys.models.base import Parts, Scorer
from recsys.models.blend import CORES, DEFAULT, Blend
from recsys.models.content import ContentConfig, ContentModel, fit_content
from recsys.models.factors import FactorsConfig, FactorsModel, fit_factors
from recsys.models.item_item import ItemItemConfig, ItemItemModel, fit_item_item
from recsys.models.popularity import PopularityConfig, PopularityModel, fit_popularity
from recsys.models.sequence import SequenceConfig, fit_sequence
from recsys.schema import Floats, Rows

TOLD_APART = 1e-6
"""A core of less spread cannot tell videos apart, and is silent."""
MEDIAN_OF = 300
"""How many viewers the median is taken over."""


@dataclass(frozen=True, kw_only=True)
class CoresConfig:
    """Hyper-parameters of the cores."""

    item_item: ItemItemConfig = ItemItemConfig()
    sequence: SequenceConfig = SequenceConfig()
    factors: FactorsConfig = FactorsConfig()
    content: ContentConfig = ContentConfig()
    popularity: PopularityConfig = PopularityConfig(half_life_days=90.0)
    reference: int = 400
    """How many known videos make the scale."""
    seed: int = 0


@dataclass(frozen=True, eq=False)
class HybridModel:
    """Fitted cores and their blend."""

    item_item: ItemItemModel
    sequence: ItemItemModel
    factors: FactorsModel
    content: ContentModel
    popularity: PopularityModel
    blend: Blend
    offsets: Floats  # (n_cores,) what is taken off a core's scores
    scales: Floats  # (n_cores,) what they are then multiplied by
    counts: Floats  # (n_videos,) events in training, whatever they weighed

    @property
    def cores(self) -> Sequence[Scorer]:
        """The cores in the order of `blend.CORES`."""
        return [getattr(self, name) for name in CORES]

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """Blended scores; NaN only where no core can tell."""
        return self.blended(self.standard_scores(profiles, videos), profiles, videos)

    def score_of(self, profile: Profiles, videos: Videos) -> tuple[Floats, Rows]:
        """For one viewer, (n_videos,) scores, and for each the place in `CORES` of the core that says most of it."""
        standard = self.standard_scores(profile, videos)
        weights = self.blend.weights(profile.n_liked, self._counts(videos))
        said = (weights * np.nan_to_num(standard))[:, 0]
        unknown = np.isnan(standard[:, 0]).all(0)
        return np.where(unknown, np.nan, said.sum(0)).astype(np.float32), said.argmax(0).astype(np.int32)

    def standard_scores(self, profiles: Profiles, videos: Videos) -> Floats:
        """(n_cores, n_viewers, n_videos) scores of each core on its scale; NaN where a core cannot tell."""
        told = zip(self.cores, self.offsets, self.scales, strict=True)
        return np.stack([(core.score(profiles, videos) - offset) * scale for core, offset, scale in told])

    def blended(self, standard: Floats, profiles: Profiles, videos: Videos) -> Floats:
        """(n_viewers, n_videos) the weighted sum of `standard_scores`."""
        weights = self.blend.weights(profiles.n_liked, self._counts(videos))
        total = np.einsum("cuv,cuv->uv", weights, np.nan_to_num(standard))
        return np.where(np.isnan(standard).all(0), np.nan, total).astype(np.float32)

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """The cores' parts, scaled and weighted like their scores."""
        weights = self.blend.weights(profile.n_liked, self._counts(videos))[:, 0]  # (n_cores, n_videos)
        total: Parts | None = None
        for at, core in enumerate(self.cores):
            by = weights[at] * self.scales[at]
            parts = core.explain(profile, videos).scaled(by)
            if self.offsets[at]:
                shift = np.where(np.isnan(core.score(profile, videos)[0]), 0, by * self.offsets[at])
                parts = replace(parts, base=(parts.base - shift).astype(np.float32))
            total = parts if total is None else total.plus(parts)
        return total if total is not None else self.popularity.explain(profile, videos)

    def core_scores(self, profile: Profiles, videos: Videos) -> list[Floats]:
        """For one viewer, (n_videos,) scores of each core that counts at all."""
        audible = np.asarray(self.blend.corners.any((1, 2)))
        return [
            core.score(profile, videos)[0] for core, heard in zip(self.cores, audible.tolist(), strict=True) if heard
        ]

    def regimes(self, profile: Profiles) -> Floats:
        """For one viewer, (n_cores, 2) what a point of each core's own scores is worth: new videos, known ones."""
        weights = self.blend.weights(profile.n_liked, np.array([0, np.inf], np.float32))[:, 0]
        return (weights * self.scales[:, None]).astype(np.float32)

    def without_popularity(self) -> "HybridModel":
        """The same model, blind to what everybody watches."""
        return replace(self, blend=self.blend.without("popularity"))

    def _counts(self, videos: Videos) -> Floats:
        known = (videos.rows >= 0) & (videos.rows < len(self.counts))
        return np.where(known, self.counts[np.where(known, videos.rows, 0)], 0).astype(np.float32)


def fit_cores(data: TrainingData, config: CoresConfig = CoresConfig(), blend: Blend = DEFAULT) -> HybridModel:
    """Fit the cores and join them by a given blend.

    Raises:
        DataError: there is no event of positive weight.
    """
    cores: list[Scorer] = [
        fit_item_item(data, config.item_item),
        fit_sequence(data, config.sequence),
        fit_factors(data, config.factors),
        fit_content(data, config.content),
        fit_popularity(data, config.popularity),
    ]
    offsets, scales = _scales(cores, data, config)
    return HybridModel(*cores, blend, offsets, scales, data.events.video_events())  # type: ignore[arg-type, call-arg]


def _scales(cores: list[Scorer], data: TrainingData, config: CoresConfig) -> tuple[Floats, Floats]:
    """Two (n_cores,): offsets and scales, from the scores of some viewers for some known videos."""
    random = np.random.default_rng(config.seed)
    warm = np.flatnonzero(data.events.video_counts() > 0)
    reference = data.videos.take(_some(random, warm, config.reference))
    pairs = data.events.pairs()
    active = np.unique(pairs.viewer[pairs.weight > 0])
    profiles = Profiles.of(pairs, data.videos, data.as_of, _some(random, active, MEDIAN_OF))
    offsets, scales = np.zeros((2, len(cores)), np.float32)
    for at, core in enumerate(cores):
        scores = core.score(profiles, reference)
        spreads = _spread(scores)
        apart = spreads[spreads > TOLD_APART]
        scales[at] = 1 / np.median(apart) if len(apart) else 0
        offsets[at] = scores.mean() if CORES[at] == "popularity" else 0
    return offsets, scales


def _some(random: np.random.Generator, rows: np.ndarray, n: int) -> Rows:
    """n of the rows at most, drawn at random, in row order."""
    return np.sort(random.choice(rows, min(n, len(rows)), replace=False)).astype(np.int32)


def _spread(scores: Floats) -> Floats:
    """(n,) standard deviation of each row over what is a number, 0 without one."""
    known = np.isfinite(scores)
    n = np.maximum(known.sum(1), 1)
    filled = np.where(known, scores, 0)
    mean = filled.sum(1) / n
    return np.sqrt((np.where(known, scores - mean[:, None], 0) ** 2).sum(1) / n).astype(np.float32)
