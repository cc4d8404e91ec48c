"""Simulated videos: what they truly show, what taggings say of them, when they appear, how good they are."""

from dataclasses import dataclass

import numpy as np

from recsys.datasets.simulation.config import EPOCH_MS, SimulatorConfig
from recsys.datasets.simulation.taxonomy import SimulatedTags
from recsys.schema import DAY_MS, Doubles, Floats, Rows, Times

SOURCES = ("editor", "vendor:acme", "model:sim@1")
SOURCE_SHARES = (0.15, 0.25, 0.6)
SOURCE_DELAY_MS = (DAY_MS / 2, DAY_MS / 24, DAY_MS / 288)
"""Mean time from a video's publication until a source's tags are known: half a day, an hour, five minutes."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All videos, by row, in the order of their publication; so those published by a time are the first rows."""

    published: Times  # (n_videos,)
    duration_s: Doubles  # (n_videos,)
    quality: Floats  # (n_videos,) mean 0, deviation 1; the part of appeal that all viewers share
    popularity: Doubles  # (n_videos,) what the platform believes of the quality, Zipf-like, above 0
    direction: Floats  # (n_videos, n_factors) of length 1, from the true tags
    true_tags: Rows  # (n_videos, tags_per_video) the first matter most
    true_weights: Floats  # (tags_per_video,) of length 1 in sum
    tags: Rows  # (n_videos, tags_per_video) what taggings say; -1 where nothing
    source: Rows  # (n_videos, tags_per_video) position in SOURCES
    confidence: Doubles  # (n_videos, tags_per_video) 0 to 1
    known_at: Times  # (n_videos, tags_per_video)

    def n_at(self, time: int) -> int:
        """How many videos are published at or before a time."""
        return int(np.searchsorted(self.published, time, side="right"))


def simulate_catalogue(config: SimulatorConfig, tags: SimulatedTags) -> Catalogue:
    """Draw all videos."""
    rng = np.random.default_rng([config.seed, 2])
    published = _published(rng, config)
    true_tags = _true_tags(rng, config, tags)
    weights = np.sqrt(1 / np.arange(1, config.tags_per_video + 1)).astype(np.float32)
    said, confidence = _said(rng, config, true_tags)
    source = rng.choice(len(SOURCES), said.shape, p=SOURCE_SHARES).astype(np.int32)
    delay = rng.exponential(np.array(SOURCE_DELAY_MS)[source])
    rank = (rng.permutation(config.n_videos) + 1) / config.n_videos  # the best is the lowest
    return Catalogue(
        published=published,
        duration_s=np.round(rng.lognormal(np.log(25), 0.8, config.n_videos).clip(3, 900), 1),
        quality=np.minimum(-np.log(rank) - 1, 4).astype(np.float32),
        popularity=rank**-0.8 * rng.lognormal(0, 0.5, config.n_videos),
        direction=_directions(tags, true_tags, weights),
        true_tags=true_tags,
        true_weights=weights / weights.sum(),
        tags=said,
        source=source,
        confidence=confidence,
        known_at=published[:, None] + delay.astype(np.int64),
    )


def _published(rng: np.random.Generator, config: SimulatorConfig) -> Times:
    """(n_videos,) in order: the back catalogue over 60 days before the start, the others evenly after it."""
    n_old = min(max(int(config.back_catalogue * config.n_videos), 2 * config.slate_size), config.n_videos)
    old = EPOCH_MS - 1 - (rng.random(n_old) * 60 * DAY_MS).astype(np.int64)
    new = EPOCH_MS + (rng.random(config.n_videos - n_old) * config.days * DAY_MS).astype(np.int64)
    return np.sort(np.concatenate([old, new]))


def _true_tags(rng: np.random.Generator, config: SimulatorConfig, tags: SimulatedTags) -> Rows:
    """(n_videos, tags_per_video) different tags: half from two families, the others from all."""
    shape = (config.n_videos, config.tags_per_video)
    n_roots = int((tags.parent < 0).sum())
    family = rng.integers(n_roots, size=(config.n_videos, 2))[:, np.arange(shape[1]) % 2]
    generation = rng.integers(-(-config.n_tags // n_roots), size=shape)
    near = (family + generation * n_roots) % config.n_tags
    drawn = np.where(rng.random(shape) < 0.5, near, rng.choice(config.n_tags, shape, p=tags.popularity))
    while (drawn_before := again(drawn)).any():
        drawn[drawn_before] = rng.integers(config.n_tags, size=int(drawn_before.sum()))
    return drawn.astype(np.int32)


def again(rows: np.ndarray) -> np.ndarray:
    """True where a value stands already further left in its row.

    >>> again(np.array([[1, 2, 1, 1]])).tolist()
    [[False, False, True, True]]
    """
    order = np.argsort(rows, axis=1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=1)
    same = np.zeros(rows.shape, bool)
    same[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    found = np.empty_like(same)
    np.put_along_axis(found, order, same, axis=1)
    return found


def _said(rng: np.random.Generator, config: SimulatorConfig, true_tags: Rows) -> tuple[Rows, Doubles]:
    """What taggings say, -1 where a tag was missed, and how sure they are; wrong ones are less sure."""
    shape = true_tags.shape
    wrong = rng.random(shape) < config.wrong_tags
    said = np.where(wrong, rng.integers(config.n_tags, size=shape), true_tags)
    said = np.where(~wrong & (rng.random(shape) < config.missing_tags), -1, said)
    said = np.where(again(said), -1, said)
    confidence = np.where(wrong, rng.beta(4, 4, shape), rng.beta(8, 2, shape))
    return said.astype(np.int32), np.round(confidence, 3).astype(np.float64)


def _directions(tags: SimulatedTags, true_tags: Rows, weights: Floats) -> Floats:
    """(n_videos, n_factors) the weighted sum of the tags' directions, at length 1."""
    total = np.zeros((len(true_tags), tags.direction.shape[1]), np.float32)
    for at, weight in enumerate(weights):
        total += weight * tags.direction[true_tags[:, at]]
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)
