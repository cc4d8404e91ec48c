"""The hybrid: four cores, each brought to one scale a viewer, blended by how much is known of viewer and video.

score(u, j) = Σ_c w_c(u, j) · s_c(u, j) / σ_c(u), σ_c(u)² = spread_c(u)² + floor_c². spread_c(u) is that of core c's
scores for viewer u over a fixed sample of known videos, the reference; so no core outshouts another because of a
viewer's long history. floor_c is a part of what it is for the median viewer: a core that hardly tells the reference
apart for somebody, as with one rare tag, is not blown up. Every core is linear in past videos, tags and popularity, so
the score is, and its parts add up to it.
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
from recsys.schema import Floats

TOLD_APART = 1e-6
"""A core of less spread cannot tell the reference videos apart for a viewer, and is silent."""
FLOOR = 0.15
"""Part of the median viewer's spread that makes a core's floor."""
MEDIAN_OF = 300
"""How many viewers the median is taken over."""


@dataclass(frozen=True, kw_only=True)
class CoresConfig:
    """Hyper-parameters of the four cores."""

    item_item: ItemItemConfig = ItemItemConfig()
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
    factors: FactorsModel
    content: ContentModel
    popularity: PopularityModel
    blend: Blend
    reference: Videos
    floors: Floats  # (n_cores,) see above
    counts: Floats  # (n_videos,) events in training, whatever they weighed

    @property
    def cores(self) -> Sequence[Scorer]:
        """The four cores in the order of `blend.CORES`."""
        return [getattr(self, name) for name in CORES]

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """Blended scores; NaN only where no core can tell."""
        return self.blended(self.standard_scores(profiles, videos), profiles, videos)

    def standard_scores(self, profiles: Profiles, videos: Videos) -> Floats:
        """(n_cores, n_viewers, n_videos) scores of each core on its viewer's scale; NaN where a core cannot tell."""
        offsets, scales = self._scales(profiles)
        return np.stack(
            [
                (core.score(profiles, videos) - offsets[at][:, None]) * scales[at][:, None]
                for at, core in enumerate(self.cores)
            ]
        )

    def blended(self, standard: Floats, profiles: Profiles, videos: Videos) -> Floats:
        """(n_viewers, n_videos) the weighted sum of `standard_scores`."""
        weights = self.blend.weights(profiles.n_liked, self._counts(videos))
        total = np.einsum("cuv,cuv->uv", weights, np.nan_to_num(standard))
        return np.where(np.isnan(standard).all(0), np.nan, total).astype(np.float32)

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """The cores' parts, scaled and weighted like their scores."""
        offsets, scales = self._scales(profile)
        weights = self.blend.weights(profile.n_liked, self._counts(videos))[:, 0]  # (n_cores, n_videos)
        total: Parts | None = None
        for at, core in enumerate(self.cores):
            by = weights[at] * scales[at, 0]
            parts = core.explain(profile, videos).scaled(by)
            shift = np.where(np.isnan(core.score(profile, videos)[0]), 0, by * offsets[at, 0])
            parts = replace(parts, base=(parts.base - shift).astype(np.float32))
            total = parts if total is None else total.plus(parts)
        return total if total is not None else self.popularity.explain(profile, videos)

    def sources(self, profile: Profiles, videos: Videos) -> list[str]:
        """For one viewer, the core that says most for each video."""
        weights = self.blend.weights(profile.n_liked, self._counts(videos))[:, 0]
        said = weights * np.nan_to_num(self.standard_scores(profile, videos)[:, 0])
        return [CORES[int(best)] for best in said.argmax(0)]

    def core_scores(self, profile: Profiles, videos: Videos) -> list[Floats]:
        """For one viewer, (n_videos,) scores of each core that counts at all."""
        audible = np.asarray(self.blend.corners.any((1, 2)))
        return [
            core.score(profile, videos)[0] for core, heard in zip(self.cores, audible.tolist(), strict=True) if heard
        ]

    def without_popularity(self) -> "HybridModel":
        """The same model, blind to what everybody watches."""
        return replace(self, blend=self.blend.without("popularity"))

    def _scales(self, profiles: Profiles) -> tuple[Floats, Floats]:
        """Two (n_cores, n_viewers): what to take off a core's scores and what to multiply them by.

        Only popularity is centred: its middle tells a promising new video from a dull one.
        """
        offsets = np.zeros((len(CORES), len(profiles)), np.float32)
        scales = np.zeros_like(offsets)
        reference = self.reference.widened(profiles.tags.shape[1])
        for at, core in enumerate(self.cores):
            scores = core.score(profiles, reference)
            spread = np.hypot(_spread(scores), self.floors[at])
            scales[at] = np.divide(1, spread, out=np.zeros_like(spread), where=spread > TOLD_APART)
            if CORES[at] == "popularity" and len(self.reference):
                offsets[at] = scores.mean(1)
        return offsets, scales

    def _counts(self, videos: Videos) -> Floats:
        known = (videos.rows >= 0) & (videos.rows < len(self.counts))
        return np.where(known, self.counts[np.where(known, videos.rows, 0)], 0).astype(np.float32)


def fit_cores(data: TrainingData, config: CoresConfig = CoresConfig(), blend: Blend = DEFAULT) -> HybridModel:
    """Fit the four cores and join them by a given blend.

    Raises:
        DataError: there is no event of positive weight.
    """
    counts = data.events.video_events()
    warm = np.flatnonzero(data.events.video_counts() > 0)
    random = np.random.default_rng(config.seed)
    sample = np.sort(random.choice(warm, min(config.reference, len(warm)), replace=False)).astype(np.int32)
    cores: list[Scorer] = [
        fit_item_item(data, config.item_item),
        fit_factors(data, config.factors),
        fit_content(data, config.content),
        fit_popularity(data, config.popularity),
    ]
    reference = data.videos.take(sample)
    floors = _floors(cores, data, reference, random)
    return HybridModel(*cores, blend, reference, floors, counts)  # type: ignore[arg-type, call-arg]


def _floors(cores: list[Scorer], data: TrainingData, reference: Videos, random: np.random.Generator) -> Floats:
    """(n_cores,) each core's floor, from the spreads of some viewers."""
    pairs = data.events.pairs()
    active = np.unique(pairs.viewer[pairs.weight > 0])
    some = np.sort(random.choice(active, min(MEDIAN_OF, len(active)), replace=False)).astype(np.int32)
    profiles = Profiles.of(pairs, data.videos, data.as_of, some)
    return np.array([FLOOR * np.median(_spread(core.score(profiles, reference))) for core in cores], np.float32)


def _spread(scores: Floats) -> Floats:
    """(n,) standard deviation of each row over what is a number, 0 without one."""
    known = np.isfinite(scores)
    n = np.maximum(known.sum(1), 1)
    filled = np.where(known, scores, 0)
    mean = filled.sum(1) / n
    return np.sqrt((np.where(known, scores - mean[:, None], 0) ** 2).sum(1) / n).astype(np.float32)
