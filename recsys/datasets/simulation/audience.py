"""Simulated viewers: favourite tags, tastes that drift, how much and at which hours they watch."""

from dataclasses import dataclass

import numpy as np

from recsys.datasets.simulation.config import EPOCH_MS, SimulatorConfig
from recsys.datasets.simulation.taxonomy import SimulatedTags
from recsys.schema import DAY_MS, Doubles, Floats, Mask, Rows, Times

N_FAVOURITES = 4
FAVOURITE_WEIGHTS = (1.0, 0.8, 0.6, 0.5)
PEAK_HOURS = (8, 19, 22)
PEAK_SHARES = (0.2, 0.6, 0.2)


@dataclass(frozen=True, eq=False)
class Audience:
    """All viewers, by row, in the order in which they joined."""

    joined: Times  # (n_viewers,)
    activity: Doubles  # (n_viewers,) how much each watches, mean about 1
    peak: Rows  # (n_viewers,) position in PEAK_HOURS
    favourites: Rows  # (n_viewers, N_FAVOURITES) tags liked when they joined, most liked first
    believed: Rows  # (n_viewers, N_FAVOURITES) what the platform takes for their favourites; a quarter is wrong
    declared: Mask  # (n_viewers,) who told the platform their first favourites
    taste: Floats  # (n_viewers, n_factors) at the start, of length 1

    def weights(self, time: int) -> Doubles:
        """(n_viewers,) how likely each is the next to watch; 0 before they join."""
        n_joined = int(np.searchsorted(self.joined, time, side="right"))
        now = self.activity * np.array([rhythm(time, peak) for peak in PEAK_HOURS])[self.peak]
        now[max(n_joined, 1) :] = 0
        return now


def simulate_audience(config: SimulatorConfig, tags: SimulatedTags) -> Audience:
    """Draw all viewers."""
    rng = np.random.default_rng([config.seed, 3])
    n, shape = config.n_viewers, (config.n_viewers, N_FAVOURITES)
    n_old = max(int(config.back_catalogue * n), 1)
    new = EPOCH_MS + (rng.random(n - n_old) * config.days * DAY_MS).astype(np.int64)
    favourites = rng.choice(config.n_tags, shape, p=tags.popularity).astype(np.int32)
    mistaken = rng.random(shape) < 0.25
    return Audience(
        joined=np.sort(np.concatenate([np.full(n_old, EPOCH_MS - DAY_MS), new])),
        activity=rng.lognormal(-0.5, 1.0, n),
        peak=rng.choice(len(PEAK_HOURS), n, p=PEAK_SHARES).astype(np.int32),
        favourites=favourites,
        believed=np.where(mistaken, rng.integers(config.n_tags, size=shape), favourites).astype(np.int32),
        declared=rng.random(n) < 0.7,
        taste=_tastes(rng, tags, favourites),
    )


def _tastes(rng: np.random.Generator, tags: SimulatedTags, favourites: Rows) -> Floats:
    taste = rng.standard_normal((len(favourites), tags.direction.shape[1]), np.float32) * np.float32(0.12)
    for at, weight in enumerate(FAVOURITE_WEIGHTS):
        taste += np.float32(weight) * tags.direction[favourites[:, at]]
    return _unit(taste)


def drifted(taste: Floats, config: SimulatorConfig, day: int) -> Floats:
    """Tastes one day on: one step of a random walk on the sphere, the same for the same seed and day."""
    kept = 0.5 ** (1 / config.taste_half_life_days)
    step = np.random.default_rng([config.seed, 4, day]).standard_normal(taste.shape, np.float32)
    spread = np.float32(np.sqrt((1 - kept**2) / taste.shape[1]))
    return _unit(np.float32(kept) * taste + spread * step)


def rhythm(time: int, peak_hour: int) -> float:
    """How much is watched at a time of day, 0.2 to 1.8, by those who watch most at `peak_hour` UTC."""
    hour = time % DAY_MS / (DAY_MS / 24)
    return float(1 + 0.8 * np.cos((hour - peak_hour) * 2 * np.pi / 24))


def demand(time: int) -> float:
    """How much all viewers together watch at a time of day; 1 on average."""
    return sum(share * rhythm(time, peak) for share, peak in zip(PEAK_SHARES, PEAK_HOURS, strict=True))


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-9))
