"""Belief in a tag: the chances that many sources give it, joined by a noisy-or that does not count one voice twice.

Independent sources with chances p give 1 - Π (1 - p). Sources that err together are less than independent: of the k-th
surest only the share Π (1 - correlation with a surer one) of its doubt counts. The same holds of one source's
observations in several shots. Doubts, -ln (1 - p), add up, so each piece of evidence has its part of the whole.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Observation:
    """One piece of evidence that speaks for a tag."""

    evidence: int
    """Its position in the video's evidence."""
    source: str
    chance: float
    """Calibrated, above 0 and below 1."""
    shots: tuple[int, ...]
    is_named: bool = True
    """Whether it names the tag itself, not one below it."""


@dataclass(frozen=True)
class Correlations:
    """How much sources err together, 0 (independent) to 1 (one says what the other says)."""

    pairs: Mapping[str, float] = field(default_factory=dict)
    """By `pair` of their names."""
    default: float = 0.3
    """Of sources that nobody has compared."""
    between_shots: float = 0.8
    """Of one source's observations in two shots."""

    def of(self, first: str, second: str) -> float:
        """Of two sources."""
        return self.pairs.get(pair(first, second), self.default)


@dataclass(frozen=True)
class Belief:
    """What all evidence together says of a tag."""

    doubt: float
    """-ln of the chance that it is not there."""
    parts: Mapping[int, float]
    """By evidence, its part of the doubt; they sum to it."""
    by_shot: Mapping[int, float]
    """The chance in each shot where anything speaks for it."""
    by_source: Mapping[str, float]
    """The chance by each source alone."""
    is_named: bool = True
    """Whether any evidence names the tag itself."""

    @property
    def chance(self) -> float:
        """That the tag is there."""
        return 1 - float(np.exp(-self.doubt))


def believed(observations: Sequence[Observation], correlations: Correlations) -> Belief:
    """Join the observations of one tag.

    Args:
        observations: at least one.
        correlations: of their sources.
    """
    shots: dict[str, dict[int, Observation]] = defaultdict(dict)  # source → shot → its surest observation there
    for one in observations:
        for shot in one.shots:
            there = shots[one.source].get(shot)
            if there is None or one.chance > there.chance:
                shots[one.source][shot] = one
    single = {source: _one_source(list(found.values()), correlations.between_shots) for source, found in shots.items()}
    weights = _counted({source: sum(parts.values()) for source, parts in single.items()}, correlations)
    parts: dict[int, float] = defaultdict(float)
    for source, own in single.items():
        for evidence, part in own.items():
            parts[evidence] += weights[source] * part
    return Belief(
        doubt=sum(parts.values()),
        parts=dict(parts),
        by_shot={
            shot: _in_shot(shots, shot, correlations) for shot in sorted({s for one in observations for s in one.shots})
        },
        is_named=any(one.is_named for one in observations),
        by_source={source: 1 - float(np.exp(-sum(own.values()))) for source, own in single.items()},
    )


def pair(first: str, second: str) -> str:
    """The name of two sources, whichever comes first."""
    return "|".join(sorted((first, second)))


def _one_source(in_shots: Sequence[Observation], correlation: float) -> dict[int, float]:
    """By evidence its part of one source's doubt; the surest shot counts in full, each further one less and less."""
    parts: dict[int, float] = defaultdict(float)
    ordered = sorted(in_shots, key=lambda one: (-one.chance, one.evidence))
    for place, one in enumerate(ordered):
        parts[one.evidence] += (1 - correlation) ** place * -float(np.log1p(-one.chance))
    return parts


def _counted(doubts: Mapping[str, float], correlations: Correlations) -> dict[str, float]:
    """By source, which share of its doubt counts beside the surer ones."""
    ordered = sorted(doubts, key=lambda source: (-doubts[source], source))
    return {
        source: float(np.prod([1 - correlations.of(source, surer) for surer in ordered[:place]]))
        for place, source in enumerate(ordered)
    }


def _in_shot(shots: Mapping[str, Mapping[int, Observation]], shot: int, correlations: Correlations) -> float:
    doubts = {source: -float(np.log1p(-found[shot].chance)) for source, found in shots.items() if shot in found}
    weights = _counted(doubts, correlations)
    return 1 - float(np.exp(-sum(weights[source] * doubt for source, doubt in doubts.items())))
