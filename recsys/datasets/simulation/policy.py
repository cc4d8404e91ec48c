"""The simulated platform's own recommender: a mixture whose every probability is known in closed form.

A place in a slate goes to a random video, a popular one, a fresh one, or one with a tag believed to be among the
viewer's favourites. A slate has no video twice: a repeat is drawn again, so the probability of the video at a
position, given those above it, is its share of what is left.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys.datasets.simulation.audience import N_FAVOURITES
from recsys.datasets.simulation.catalogue import Catalogue
from recsys.datasets.simulation.config import SimulatorConfig
from recsys.schema import Doubles, Rows
from recsys.timeline import ages_days, decay

PARTS = ("random", "popular", "fresh", "tags")
PART_SHARES = np.array([0.0, 0.35, 0.15, 0.5])
"""How the places that are not explored are shared out."""
FRESH_HALF_LIFE_DAYS = 1.0


@dataclass(frozen=True, eq=False)
class TagIndex:
    """All (tag, video) pairs that taggings name, grouped by tag."""

    video: Rows  # (n_pairs,)
    starts: np.ndarray  # (n_tags + 1,) int64, where each tag's pairs begin

    @classmethod
    def of(cls, catalogue: Catalogue, n_tags: int) -> "TagIndex":
        """Index what taggings say."""
        video, slot = np.nonzero(catalogue.tags >= 0)
        tag = catalogue.tags[video, slot]
        order = np.argsort(tag, kind="stable")
        starts = np.searchsorted(tag[order], np.arange(n_tags + 1))
        return cls(video[order].astype(np.int32), starts)


@dataclass(frozen=True, eq=False)
class LoggingPolicy:
    """The mixture at one moment: over the first `n_videos` of the catalogue."""

    catalogue: Catalogue
    index: TagIndex
    shares: Doubles  # (n parts,) sums to 1
    popular: Doubles  # (n_videos,) above 0
    fresh: Doubles  # (n_videos,) above 0

    @classmethod
    def at(cls, time: int, catalogue: Catalogue, index: TagIndex, config: SimulatorConfig) -> "LoggingPolicy":
        """The policy over what is published at a time."""
        n = catalogue.n_at(time)
        age = ages_days(catalogue.published[:n], time)
        popular = catalogue.popularity[:n] * (0.2 + decay(age, config.freshness_half_life_days))
        shares = (1 - config.explore) * PART_SHARES + config.explore * np.eye(len(PARTS))[0]
        return cls(catalogue, index, shares, popular, np.maximum(decay(age, FRESH_HALF_LIFE_DAYS), 1e-6).astype(float))

    @property
    def n_videos(self) -> int:
        """How many videos it chooses from."""
        return len(self.popular)

    def slates(self, rng: np.random.Generator, believed: Rows, size: int) -> tuple[Rows, Rows, Doubles]:
        """Draw a slate for each viewer.

        Args:
            rng: the source of chance.
            believed: (n, N_FAVOURITES) tags believed to be each viewer's favourites.
            size: videos per slate.

        Returns:
            (n, size) videos; (n, size) position in PARTS of what drew each; (n, size) the probability of that video
            at that position given those above it.
        """
        n = len(believed)
        video, part = np.full((n, size), -1, np.int32), np.zeros((n, size), np.int32)
        for at in range(size):
            todo = np.arange(n)
            while len(todo):
                video[todo, at], part[todo, at] = self._draw(rng, believed[todo])
                todo = todo[(video[todo, :at] == video[todo, at, None]).any(axis=1)]
        alone = self.probability(believed, video)
        above = np.cumsum(alone, axis=1) - alone
        return video, part, alone / np.maximum(1 - above, alone)

    def probability(self, believed: Rows, video: Rows) -> Doubles:
        """(n, k) probability of each video, (n, k), as the first of a slate for viewers with these favourites."""
        chance = self.shares[0] / self.n_videos + self.shares[2] / self.fresh.sum() * self.fresh[video]
        popular = self.popular[video]
        tags = self.catalogue.tags[video]  # (n, k, tags_per_video)
        by_tag = np.zeros(video.shape)
        for slot in range(N_FAVOURITES):
            wanted = believed[:, slot]
            total = self._tag_totals[wanted][:, None]
            has = (tags == wanted[:, None, None]).any(axis=2)
            by_tag += np.where(total > 0, has / np.where(total > 0, total, 1), 1 / self._popular_total)
        weight = self.shares[1] / self._popular_total + self.shares[3] / N_FAVOURITES * by_tag
        return chance + weight * popular

    def _draw(self, rng: np.random.Generator, believed: Rows) -> tuple[Rows, Rows]:
        part = np.searchsorted(np.cumsum(self.shares)[:-1], rng.random(len(believed)), side="right")
        slot = rng.integers(N_FAVOURITES, size=len(believed))
        at = rng.random(len(believed))
        wanted = believed[np.arange(len(believed)), slot]
        by_popularity = (part == 1) | ((part == 3) & (self._tag_totals[wanted] <= 0))
        video = (at * self.n_videos).astype(np.int32)
        video[by_popularity] = _pick(self._popular_sums, at[by_popularity])
        video[part == 2] = _pick(self._fresh_sums, at[part == 2])
        by_tag = (part == 3) & ~by_popularity
        video[by_tag] = self._pick_tagged(wanted[by_tag], at[by_tag])
        return video, part.astype(np.int32)

    def _pick_tagged(self, tag: Rows, at: Doubles) -> Rows:
        low, high = self._pair_sums[self.index.starts[tag]], self._pair_sums[self.index.starts[tag + 1]]
        pair = np.searchsorted(self._pair_sums, low + at * (high - low), side="right") - 1
        return self.index.video[np.clip(pair, self.index.starts[tag], self.index.starts[tag + 1] - 1)]

    @cached_property
    def _popular_sums(self) -> Doubles:
        return np.cumsum(self.popular)

    @cached_property
    def _popular_total(self) -> float:
        return float(self._popular_sums[-1])

    @cached_property
    def _fresh_sums(self) -> Doubles:
        return np.cumsum(self.fresh)

    @cached_property
    def _pair_sums(self) -> Doubles:
        """(n_pairs + 1,) running sum of the popularity of the pairs' videos; unpublished ones add nothing."""
        weight = np.concatenate([self.popular, np.zeros(len(self.catalogue.published) - self.n_videos)])
        sums = np.zeros(len(self.index.video) + 1)
        np.cumsum(weight[self.index.video], out=sums[1:])
        return sums

    @cached_property
    def _tag_totals(self) -> Doubles:
        return self._pair_sums[self.index.starts[1:]] - self._pair_sums[self.index.starts[:-1]]


def _pick(sums: Doubles, at: Doubles) -> Rows:
    return np.minimum(np.searchsorted(sums, at * sums[-1], side="right"), len(sums) - 1).astype(np.int32)
