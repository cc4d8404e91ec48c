"""Slots that cold videos are owed: a budget of each list, kept exactly on average, with the propensity of every video.

Without them a video that nobody had is shown to nobody, and nothing is ever learnt of it. A list of n owes share · n
slots: the whole part in every list, the rest by chance. Cold videos that earn a place by score count towards it.
"""

from dataclasses import dataclass

import numpy as np

from recsys.errors import ConfigError, require
from recsys.schema import Doubles, Mask, Rows


@dataclass(frozen=True, eq=False)
class Exposed:
    """A list with its chances, as an impression log wants them."""

    order: Rows  # (n,) positions of candidates
    propensity: Doubles  # (n,) above 0, at most 1: how likely the video was at its place, given those above it
    explored: Mask  # (n,) which places hold what the ranking alone would not have put there


def expose(cold: Mask, n: int, share: float, seed: int, odds: Doubles | None = None) -> Exposed:
    """Draw a list in which cold videos get their share.

    Slot by slot, a coin decides whether it is owed: the chance is the slots still owed over the slots left. An owed
    slot goes to a cold candidate by its odds, any other to the best candidate not yet listed.

    Args:
        cold: (n_candidates,) which candidates are cold; candidates come best first.
        n: length of the list, at least 0.
        share: of slots owed, 0 to 1; 0 is the input's order. Where cold candidates run out, the best ones follow.
        seed: fixes the draws; take one a request, such as a hash of its id.
        odds: (n_candidates,) above 0 where cold, in any unit; equal by default (`thompson.odds` learns).

    Raises:
        ConfigError: `share` outside 0 and 1, or n below 0.

    >>> expose(np.array([False, False, True]), 3, 0, 7).order.tolist()
    [0, 1, 2]
    >>> bool(expose(np.array([False] * 5 + [True]), 2, 0.5, 7).order.max() == 5)  # one slot of two is owed
    True
    """
    n = _checked(cold, n, share)
    rng = np.random.default_rng(seed)
    least, rest = _owed(cold, n, share)
    owed = least + int(rng.random() < rest)
    order, open_ = np.empty(n, np.int32), np.ones(len(cold), bool)
    explored = np.zeros(n, bool)
    for place in range(n):
        best = int(open_.argmax())
        left = np.flatnonzero(open_ & cold)
        if rng.random() < _chance(owed, cold[order[:place]].sum(), len(left), n - place):
            order[place] = rng.choice(left, p=None if odds is None else odds[left] / odds[left].sum())
        else:
            order[place] = best
        explored[place] = order[place] != best
        open_[order[place]] = False
    return Exposed(order, chances(order, cold, n, share, odds), explored)


def chances(order: Rows, cold: Mask, n: int, share: float, odds: Doubles | None = None) -> Doubles:
    """How likely `expose` was to put each video of a list at its place, given those above it.

    So the same list's chances under another share, or under another ranking of the candidates, can be had too: what
    `recsys.evaluation.off_policy` asks for.

    Args:
        order: (up to n,) different positions of candidates, in the list's order.
        cold: (n_candidates,) which candidates are cold; candidates come best first.
        n: length of the whole list.
        share: of slots owed, 0 to 1.
        odds: as in `expose`.

    Returns:
        (len(order),) 0 to 1; 0 from the first video on that could not have been there.

    Raises:
        ConfigError: `share` outside 0 and 1, or n below 0.

    >>> chances(np.array([2, 0]), np.array([False, False, True]), 2, 0.5).tolist()
    [0.5, 1.0]
    """
    n = _checked(cold, n, share)
    least, rest = _owed(cold, n, share)
    belief = {least: 1 - rest, least + 1: rest}  # how many slots this list owes, as the videos above let one believe
    open_, found, n_cold = np.ones(len(cold), bool), np.zeros(len(order)), 0
    for place, video in enumerate(order.tolist()):
        best, left = int(open_.argmax()), open_ & cold
        n_left, drawn = int(left.sum()), _drawn(video, left, odds)
        likely = {owed: _likely(video == best, drawn, _chance(owed, n_cold, n_left, n - place)) for owed in belief}
        found[place] = sum(belief[owed] * likely[owed] for owed in belief)
        if found[place] <= 0:
            break
        belief = {owed: belief[owed] * likely[owed] / found[place] for owed in belief}
        open_[video] = False
        n_cold += int(cold[video])
    return np.minimum(found, 1.0)


def _likely(is_best: bool, drawn: float, chance: float) -> float:
    """How likely a slot goes to a video: by the coin, or for being the best left."""
    return chance * drawn + (1 - chance if is_best else 0.0)


def _drawn(video: int, left: Mask, odds: Doubles | None) -> float:
    """How likely an owed slot goes to a video, of the cold ones left."""
    if not left[video]:
        return 0.0
    return 1 / int(left.sum()) if odds is None else float(odds[video] / odds[left].sum())


def _chance(owed: int, n_cold: int, n_left: int, slots_left: int) -> float:
    """The chance that a slot is owed; 0 once the debt is paid or no cold candidate is left."""
    return min(max(owed - int(n_cold), 0) / slots_left, 1.0) if n_left else 0.0


def _owed(cold: Mask, n: int, share: float) -> tuple[int, float]:
    """How many slots every list owes, and the chance of one more."""
    owed = min(share * n, float(cold.sum()))
    least = int(owed + 1e-9)
    return least, max(owed - least, 0.0)


def _checked(cold: Mask, n: int, share: float) -> int:
    """The length that a list can have."""
    require(0 <= share <= 1, f"share is {share}; it must be within 0 and 1", ConfigError)
    require(n >= 0, f"n is {n}; it must be at least 0", ConfigError)
    return min(n, len(cold))
