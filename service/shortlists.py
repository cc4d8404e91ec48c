"""What was ranked a moment ago, kept: while nothing new is known of a viewer, their next question finds it done."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from recsys.ranking.recommender import Shortlist
from service.found import Ranked

ANSWERS = 8
"""Per viewer."""


@dataclass(eq=False)
class Kept:
    """A shortlist and what was answered from it."""

    listed: Shortlist
    answers: dict[Hashable, Ranked] = field(default_factory=dict)
    is_new: bool = True
    """Nobody has asked for it yet but who had it made."""

    def answer(self, asked: Hashable, make: Callable[[], Ranked]) -> Ranked:
        """What was answered when the same was asked before, or is now."""
        found = self.answers.get(asked)
        if found is None:
            found = make()
            if len(self.answers) >= ANSWERS:
                del self.answers[next(iter(self.answers))]
            self.answers[asked] = found
        return found


class NotKeptError(Exception):
    """A shortlist is asked for that must be made first, and that takes too long to do it here."""

    def __init__(self, shortlists: "Shortlists", key: Hashable, make: Callable[[], Shortlist]) -> None:
        super().__init__("this shortlist is not kept")
        self.shortlists, self.key, self.make = shortlists, key, make


class Shortlists:
    """Those asked for last, of one snapshot: a snapshot never changes, so nothing in here goes stale."""

    def __init__(self, viewers: int) -> None:
        """Nothing is kept yet; `viewers` is how many at most will be."""
        self.n_found = 0
        self.n_made = 0
        self._most = viewers
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def emptied(self) -> "Shortlists":
        """Another one for as many viewers, nothing in it yet."""
        return Shortlists(self._most)

    def of(self, key: Hashable, make: Callable[[], Shortlist], at_once: bool = True) -> Kept:
        """What is kept under a key, made where it is not there.

        Args:
            key: everything that the shortlist depends on.
            make: makes it.
            at_once: whether it is made here and now.

        Raises:
            NotKeptError: it is not there, and not to be made now.
        """
        kept = self._kept.get(key)
        if kept is None and not at_once:
            raise NotKeptError(self, key, make)
        if kept is None:
            kept = self.keep(key, make())
        else:
            self._kept.move_to_end(key)
        self.n_made += kept.is_new
        self.n_found += not kept.is_new
        kept.is_new = False
        return kept

    def keep(self, key: Hashable, listed: Shortlist) -> Kept:
        """Keep a shortlist that was made, for who asks for it next."""
        kept = self._kept[key] = Kept(listed)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return kept
