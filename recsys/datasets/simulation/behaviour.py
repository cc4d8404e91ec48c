"""What simulated viewers do with a slate: examine from the top, play what they like, react to what they watched."""

from dataclasses import dataclass

import numpy as np

from recsys.datasets.simulation.catalogue import Catalogue
from recsys.datasets.simulation.config import SimulatorConfig
from recsys.schema import EVENT_TYPES, Doubles, Floats, Mask, Rows
from recsys.timeline import ages_days, decay

BASE_LOG_ODDS = -2.3
FINISHED = 0.95
"""Watch ratio from which a play counts as finished."""
PLAY, FINISH, SKIP = (EVENT_TYPES.index(name) for name in ("play", "finish", "skip"))
REACTIONS = {"like": 0.3, "save": 0.06, "share": 0.05}
"""How likely each reaction to a played video is when it was watched to the end; with the square of the ratio below."""
DISLIKE = 0.05
"""How likely a dislike is when a played video was left at once."""
HIDE = 0.04
"""How likely a skipped video is hidden at most."""


@dataclass(frozen=True, eq=False)
class Responses:
    """Per place of each slate, all (n, slate_size)."""

    play_probability: Floats  # true probability of a play, once examined
    examined: Mask
    played: Mask
    watched_s: Doubles  # 0 where not played
    finished: Mask
    reactions: dict[str, Mask]

    def n_events(self) -> np.ndarray:
        """(n,) events per slate: one for every examined place, and one per reaction."""
        return self.examined.sum(axis=1) + sum(given.sum(axis=1) for given in self.reactions.values())

    def first(self, n: int) -> "Responses":
        """Those of the first n slates."""
        return Responses(
            self.play_probability[:n],
            self.examined[:n],
            self.played[:n],
            self.watched_s[:n],
            self.finished[:n],
            {name: happened[:n] for name, happened in self.reactions.items()},
        )


def examination(config: SimulatorConfig) -> Floats:
    """(slate_size,) probability that each position is examined; the first always is."""
    return (np.arange(1, config.slate_size + 1) ** -config.position_bias).astype(np.float32)


def play_probability(taste: Floats, video: Rows, catalogue: Catalogue, time: int, config: SimulatorConfig) -> Floats:
    """True probability that viewers play videos that they examine.

    Args:
        taste: (n, n_factors) of length 1.
        video: (n, k) rows of the catalogue.
        catalogue: all videos.
        time: ms.
        config: strengths of taste, quality and freshness.

    Returns:
        (n, k) in (0, 1).
    """
    n_factors = taste.shape[1]
    affinity = np.einsum("nf,nkf->nk", taste, catalogue.direction[video]) * np.float32(np.sqrt(n_factors))
    fresh = decay(ages_days(catalogue.published[video], time), config.freshness_half_life_days)
    log_odds = (
        BASE_LOG_ODDS
        + config.taste_strength * affinity
        + config.quality_strength * catalogue.quality[video]
        + config.freshness_strength * fresh
    )
    return _sigmoid(log_odds).astype(np.float32)


def respond(rng: np.random.Generator, probability: Floats, duration_s: Doubles, config: SimulatorConfig) -> Responses:
    """Draw what viewers do.

    Args:
        rng: the source of chance.
        probability: (n, slate_size) true probability of a play, once examined.
        duration_s: (n, slate_size).
        config: position bias.
    """
    shape = probability.shape
    examined = rng.random(shape, np.float32) < examination(config)
    played = examined & (rng.random(shape, np.float32) < probability)
    log_odds = np.log(probability) - np.log1p(-probability)
    enjoyed = _sigmoid(0.8 * log_odds + rng.standard_normal(shape, np.float32))
    ratio = np.where(played, np.clip(1.3 * enjoyed, 0.02, 1), 0)
    finished = ratio >= FINISHED
    reactions = {name: played & (rng.random(shape, np.float32) < most * ratio**2) for name, most in REACTIONS.items()}
    reactions["dislike"] = played & (rng.random(shape, np.float32) < DISLIKE * (1 - ratio) ** 2)
    reactions["hide"] = examined & ~played & (rng.random(shape, np.float32) < HIDE * (1 - probability))
    watched_s = np.where(finished, duration_s, np.round(duration_s * ratio, 1))
    return Responses(probability, examined, played, np.where(played, watched_s, 0), finished, reactions)


def _sigmoid(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))
