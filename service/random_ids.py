"""Ids that nobody guesses. The system is asked for the randomness of many at once: a call takes longest."""

import os

LONGEST = 32
"""Hex digits of an id at most: 128 bits."""
_AT_ONCE = 256
_ready: list[str] = []


def random_id(n_digits: int = LONGEST) -> str:
    """So many random hex digits, at most 32; safe to be called by several threads.

    >>> len(random_id()), len(random_id(20))
    (32, 20)
    """
    try:
        return _ready.pop()[:n_digits]
    except IndexError:
        drawn = os.urandom(_AT_ONCE * LONGEST // 2).hex()
        _ready.extend(drawn[at : at + LONGEST] for at in range(LONGEST, len(drawn), LONGEST))
        return drawn[:n_digits]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ready.clear)  # parent and child must not give out the same
