"""A block's slates: who came, what the policy showed them, and what they did with it."""

from dataclasses import dataclass

import numpy as np

from recsys.datasets.simulation.behaviour import Responses, examination, play_probability, respond
from recsys.datasets.simulation.policy import LoggingPolicy
from recsys.datasets.simulation.world import World
from recsys.schema import Doubles, Floats, Rows, Times

SESSION_MS = 600_000


@dataclass(frozen=True, kw_only=True)
class Block:
    """A stretch of time in ms, in which tastes, catalogue and policy stand still."""

    start: int
    end: int

    @property
    def longest_ms(self) -> int:
        """How long a slate lasts at most; none begins so late that it would pass the block's end."""
        return min(SESSION_MS, (self.end - self.start) // 4)


@dataclass(frozen=True, eq=False)
class Slates:
    """Slates in time order."""

    viewer: Rows  # (n,)
    shown_at: Times  # (n,) not decreasing
    video: Rows  # (n, slate_size)
    part: Rows  # (n, slate_size) position in policy.PARTS
    propensity: Doubles  # (n, slate_size) given the videos above
    responses: Responses

    def __len__(self) -> int:
        return len(self.viewer)


def draw_slates(
    rng: np.random.Generator, world: World, policy: LoggingPolicy, taste: Floats, block: Block, wanted: int
) -> Slates:
    """The slates of a block, up to the one whose responses make the events reach `wanted`.

    Args:
        rng: the source of chance.
        world: tags, videos and viewers.
        policy: what shows the videos.
        taste: (n_viewers, n_factors) at the block's time.
        block: when.
        wanted: events; in rare luck a few fewer come out.
    """
    expected = wanted / float(examination(world.config).sum())
    sums = np.cumsum(world.audience.weights(block.start))
    at = rng.random(int(expected + 4 * np.sqrt(expected)) + 4) * sums[-1]
    viewer = np.searchsorted(sums, at, side="right").astype(np.int32)
    video, part, propensity = policy.slates(rng, world.audience.believed[viewer], world.config.slate_size)
    probability = play_probability(taste[viewer], video, world.catalogue, block.start, world.config)
    responses = respond(rng, probability, world.catalogue.duration_s[video], world.config)
    n = int(np.searchsorted(np.cumsum(responses.n_events()), wanted)) + 1
    late = np.sort(rng.random(len(viewer[:n])))
    shown_at = block.start + 1 + (late * (block.end - block.start - block.longest_ms)).astype(np.int64)
    return Slates(viewer[:n], shown_at, video[:n], part[:n], propensity[:n], responses.first(n))
