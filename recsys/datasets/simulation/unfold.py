"""From slates to single events in time order."""

from dataclasses import dataclass

import numpy as np

from recsys.datasets.simulation.behaviour import FINISH, PLAY, SKIP
from recsys.datasets.simulation.slates import Block, Slates
from recsys.schema import EVENT_TYPES, Doubles, Rows, Times

REACTION_MS = 400
"""Reactions follow the play, or the skip, by so much one after the other."""


@dataclass(frozen=True, eq=False)
class BlockEvents:
    """A block's events in time order."""

    slate: Rows  # (n_events,) position in the block's slates
    video: Rows  # (n_events,)
    event_type: Rows  # (n_events,) position in schema.EVENT_TYPES
    watched_s: Doubles  # (n_events,) NaN where it does not apply
    occurred_at: Times  # (n_events,) not decreasing

    def __len__(self) -> int:
        return len(self.slate)


def unfold(rng: np.random.Generator, slates: Slates, block: Block) -> BlockEvents:
    """One play, finish or skip for each examined place, then its reactions.

    Args:
        rng: the source of chance, for how long a viewer looks at what they skip.
        slates: the block's.
        block: no event happens at or after its end.
    """
    given = slates.responses
    glanced_s = 0.5 + 1.5 * rng.random(slates.video.shape, np.float32)
    spent_s = np.where(given.played, given.watched_s, glanced_s) * given.examined
    after_ms = np.minimum(np.cumsum(spent_s, axis=1) * 1000, block.longest_ms).astype(np.int64)
    ended = slates.shown_at[:, None] + after_ms  # (n, slate_size)
    kind = np.where(given.finished, FINISH, np.where(given.played, PLAY, SKIP))
    watched_s = np.where(given.played, given.watched_s, np.nan)
    slate, place = np.nonzero(given.examined)
    rows = [(slate, place, kind[slate, place], watched_s[slate, place], ended[slate, place])]
    for order, (name, happened) in enumerate(given.reactions.items(), start=1):
        slate, place = np.nonzero(happened)
        code, nothing = np.full(len(slate), EVENT_TYPES.index(name)), np.full(len(slate), np.nan)
        rows.append((slate, place, code, nothing, ended[slate, place] + REACTION_MS * order))
    slate, place, code, watched, at = (np.concatenate(column) for column in zip(*rows, strict=True))
    at = np.minimum(at, block.end - 1)
    order_ = np.argsort(at, kind="stable")
    return BlockEvents(
        slate=slate[order_].astype(np.int32),
        video=slates.video[slate, place][order_],
        event_type=code[order_].astype(np.int32),
        watched_s=watched[order_],
        occurred_at=at[order_],
    )
