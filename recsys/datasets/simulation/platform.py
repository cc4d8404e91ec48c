"""The simulated platform's clock: blocks of time, each a batch of slates and what came of them, in time order.

Every block draws from its own seed, so a simulation does not depend on how its blocks are gathered and written.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from recsys.datasets.simulation.audience import demand, drifted
from recsys.datasets.simulation.config import EPOCH_MS, SimulatorConfig
from recsys.datasets.simulation.policy import LoggingPolicy, TagIndex
from recsys.datasets.simulation.slates import Block, Slates, draw_slates
from recsys.datasets.simulation.unfold import BlockEvents, unfold
from recsys.datasets.simulation.world import World
from recsys.schema import DAY_MS


def blocks(world: World) -> Iterator[tuple[Slates, BlockEvents]]:
    """All blocks in time order, holding one in memory at a time."""
    config, taste = world.config, world.audience.taste
    index = TagIndex.of(world.catalogue, config.n_tags)
    day = done = 0
    for number, (block, quota) in enumerate(zip(_times(config), _quotas(config), strict=True)):
        while day < (block.start - EPOCH_MS) // DAY_MS:
            day += 1
            taste = drifted(taste, config, day)
        if quota <= done:
            continue
        rng = np.random.default_rng([config.seed, 5, number])
        policy = LoggingPolicy.at(block.start, world.catalogue, index, config)
        slates = draw_slates(rng, world, policy, taste, block, quota - done)
        events = unfold(rng, slates, block)
        done += len(events)
        yield slates, events


def _times(config: SimulatorConfig) -> list[Block]:
    return [Block(start=start, end=end) for start, end in pairwise(config.block_ends())]


def _quotas(config: SimulatorConfig) -> list[int]:
    """(n_blocks,) events that are to have happened by the end of each block."""
    shares = np.cumsum([demand((block.start + block.end) // 2) for block in _times(config)])
    return np.ceil(config.n_events * shares / shares[-1]).astype(np.int64).tolist()
