"""What was ranked a moment ago, kept: while nothing new is known of a viewer, their next question finds it done."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from recsys.ranking.recommender import Shortlist

Found = TypeVar("Found")
MOST = 5_000
"""Viewers; each takes some ten kilobytes."""


@dataclass(frozen=True, eq=False)
class Kept(Generic[Found]):
    """A shortlist and what was answered from it."""

    listed: Shortlist
    answers: dict[Hashable, Found] = field(default_factory=dict)


class Shortlists(Generic[Found]):
    """Those asked for last, of one snapshot: a snapshot never changes, so nothing in here goes stale."""

    def __init__(self, most: int = MOST) -> None:
        self.n_found = 0
        self.n_made = 0
        self._most = most
        self._kept: OrderedDict[Hashable, Kept[Found]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, key: Hashable, make: Callable[[], Shortlist]) -> Kept[Found]:
        """What is kept under a key, made where it is not there.

        Args:
            key: everything that the shortlist depends on.
            make: makes it.
        """
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            self.n_found += 1
            return kept
        self.n_made += 1
        kept = self._kept[key] = Kept(make())
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return kept
