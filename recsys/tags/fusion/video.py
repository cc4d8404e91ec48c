"""What fusion is given of a video, and how evidence lies in its shots."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from recsys.errors import require
from recsys.tags.evidence import Evidence

SHOT = "shot"
"""The dimension of evidence that says where a shot is, and nothing of tags."""


@dataclass(frozen=True)
class TaggedVideo:
    """A video's evidence, its shots and its words.

    Raises:
        DataError: shots overlap, run backwards or are out of order.
    """

    evidence: tuple[Evidence, ...]
    shots: tuple[tuple[int, int], ...] = ()
    """[start_ms, end_ms) of each, in order; the whole video is one where there is none."""
    title: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        """Check the shots."""
        before = 0
        for start, end in self.shots:
            require(
                before <= start < end, f"shot [{start}, {end}) follows [.., {before}); shots are in order and not empty"
            )
            before = end

    @classmethod
    def of(cls, evidence: Iterable[Evidence], title: str = "", description: str = "") -> "TaggedVideo":
        """Of all that a chain of analysers found, the shots among it; a shot that begins in another is cut there."""
        given = list(evidence)
        shots: list[tuple[int, int]] = []
        for start, end in sorted((one.start_ms, one.end_ms) for one in given if one.dimension == SHOT):
            begins = max(start, shots[-1][1] if shots else 0)
            shots += [(begins, end)] if begins < end else []
        return cls(tuple(one for one in given if one.dimension != SHOT), tuple(shots), title, description)

    @cached_property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """The shots, and what lies before, between and behind them: together they hold all evidence."""
        cuts = {0, *(cut for shot in self.shots for cut in shot)}
        last = max((one.end_ms for one in self.evidence), default=0)
        cuts.add(max(last, *cuts, 1))
        ordered = sorted(cuts)
        return tuple(pairwise(ordered))

    @cached_property
    def duration_ms(self) -> int:
        """Up to the end of the last shot or of the last evidence."""
        return self.bounds[-1][1]

    def shots_of(self, start_ms: int, end_ms: int) -> tuple[int, ...]:
        """Which of `bounds` a stretch lies in; a moment lies in one."""
        found = tuple(at for at, (start, end) in enumerate(self.bounds) if start_ms < end and end_ms > start)
        if found:
            return found
        inside = (at for at, (start, end) in enumerate(self.bounds) if start <= start_ms < end)
        return (next(inside, len(self.bounds) - 1),)

    def share(self, shots: Iterable[int]) -> float:
        """How much of the video some shots are, 0 to 1."""
        return sum(end - start for at in shots for start, end in [self.bounds[at]]) / self.duration_ms
