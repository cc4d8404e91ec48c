"""What a platform asks of a list beyond the scores: lift, bury, pin, limit, vary, rotate, explore.

Rules work on a shortlist. One that wants videos which stand low for this viewer names a filter of them (`reach`), so
that a shortlist of those is made too: a quota is met by the best that meet it, not by what happened to rank high.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recsys.errors import ConfigError, require
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.explain import Reason
from recsys.ranking.exposure import Exposed, expose
from recsys.ranking.filter_language import Both, Filter, Node, Not, in_state
from recsys.ranking.filters import matching
from recsys.ranking.rerank import mmr
from recsys.ranking.thompson import odds
from recsys.schema import Doubles, Floats, Rows

VARIED = 100
"""Diversity is sought among so many of the best, or among five times as many as are asked for."""
PINNED, EXPLORED = "pin", "exploration"
"""Sources of videos that stand where they do for another cause than their score."""


@dataclass(frozen=True)
class Boost:
    """Lifts what a filter matches, or buries it."""

    filter: Filter
    strength: float
    """-1 to 1, in units of what lies between the best and the last of the shortlist: 1 lifts the last to the best."""

    def __post_init__(self) -> None:
        require(-1 <= self.strength <= 1, f"strength is {self.strength}; it must be within -1 and 1", ConfigError)


@dataclass(frozen=True)
class Pin:
    """Puts a video at a place, whatever its score; availability and `exclude` still hold."""

    video_id: str
    position: int
    """From 1."""


@dataclass(frozen=True)
class Quota:
    """How many of a list may, or must, be what a filter matches; no list is made shorter for it."""

    filter: Filter
    at_least: int = 0
    at_most: int | None = None


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Everything that a request asks beyond the scores; nothing by default."""

    boosts: tuple[Boost, ...] = ()
    pins: tuple[Pin, ...] = ()
    quotas: tuple[Quota, ...] = ()
    diversity: float = 0.0
    """0 to 1, how much being unlike those above counts beside the score (`rerank.mmr`)."""
    rotation: float = 0.0
    """0 to 1, how far a video falls that was shown and not taken: by half of this once, by 3/4 twice, of the spread."""
    shown: tuple[tuple[str, int], ...] = ()
    """How often videos were shown to the viewer and not taken."""
    explore: float = 0.0
    """0 to 1, the share of places owed to cold videos (`exposure.expose`)."""
    seed: int = 0
    """Fixes what exploration draws."""
    trials: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False)
    """How often new videos were shown, and taken, since the bundle was trained."""

    @property
    def is_by_score(self) -> bool:
        """Whether the list is that of the scores."""
        return self == _PLAIN

    @property
    def is_drawn(self) -> bool:
        """Whether chance has a part in the list."""
        return self.explore > 0


_PLAIN = Rules()


def reach(rules: Rules, base: Filter | None) -> list[Filter]:
    """Filters of which a shortlist is needed too, each within the request's own."""
    wanted = [one.filter.root for one in rules.boosts if one.strength > 0]
    wanted += [one.filter.root for one in rules.quotas if one.at_least > 0]
    spared: list[Node] = [Not(one.filter.root) for one in rules.boosts if one.strength < 0]
    spared += [Not(one.filter.root) for one in rules.quotas if one.at_most is not None]
    wanted += [in_state("cold").root] if rules.explore else []
    roots = [*wanted, *([Both(tuple(spared))] if spared else [])]
    return [Filter(one if base is None else Both((base.root, one))) for one in dict.fromkeys(roots)]


@dataclass(frozen=True)
class Place:
    """One place of a list."""

    position: int
    """Of the video, in the catalogue."""
    at: int
    """In the shortlist; -1 for a pinned video that is not in it."""
    added: tuple[Reason, ...] = ()
    """What rules added to the score."""
    source: str | None = None
    """Why it stands here, where it is not for its score."""
    propensity: float = 1.0
    """How likely the video was to stand here, given those above it."""


def arranged(rules: Rules, catalogue: Catalogue, positions: Rows, scores: Floats, n: int, now: int) -> list[Place]:
    """A list of n places, or as many as there are videos.

    Args:
        rules: which.
        catalogue: as of now.
        positions: (n_candidates,) what may be shown, best first.
        scores: (n_candidates,) falling.
        n: how many.
        now: ms.
    """
    if rules.is_by_score:
        return [Place(one, at) for at, one in enumerate(positions[:n].tolist())]
    shifts = _shifts(rules, catalogue, positions, scores, now)
    moved = scores + sum((values for _, values in shifts), np.zeros(len(scores)))
    order = np.argsort(-moved, kind="stable").astype(np.int32)
    if rules.diversity:
        order = _varied(order, moved, catalogue, positions, max(VARIED, 5 * n), rules.diversity)
    pinned = _pinned(rules.pins, catalogue, n, now)
    order = order[~np.isin(positions[order], list(pinned.values()))]
    n_free = n - len(pinned)
    chosen = _within(rules.quotas, catalogue, positions[order], n_free, now)
    order = np.concatenate([order[chosen], np.delete(order, chosen)])
    drawn = _drawn(rules, catalogue, positions[order], moved[order], n_free)
    free = [
        Place(int(positions[order[i]]), int(order[i]), (), EXPLORED if explored else None, float(chance))
        for i, chance, explored in zip(drawn.order, drawn.propensity, drawn.explored, strict=True)
    ]
    places = _with_pins(free, pinned, positions)
    return [replace(one, added=tuple(_added(shifts, one.at))) for one in places]


def _shifts(
    rules: Rules, catalogue: Catalogue, positions: Rows, scores: Floats, now: int
) -> list[tuple[Reason, Doubles]]:
    """What each boost, and rotation, adds to each score."""
    spread = float(scores[0] - scores[-1]) if len(scores) else 0.0
    unit = spread or 1.0
    shifts: list[tuple[Reason, Doubles]] = [
        (
            Reason("rule", one.filter.text, 0.0),
            unit * one.strength * matching(catalogue, one.filter, now)[positions].astype(np.float64),
        )
        for one in rules.boosts
    ]
    if rules.rotation and rules.shown:
        times = dict(zip(catalogue.positions([one for one, _ in rules.shown]).tolist(), rules.shown, strict=True))
        n_shown = np.array([times[one][1] if one in times else 0 for one in positions.tolist()])
        shifts.append((Reason("rotation", "", 0.0), -rules.rotation * unit * (1 - 0.5**n_shown)))
    return shifts


def _added(shifts: list[tuple[Reason, Doubles]], at: int) -> Iterator[Reason]:
    return (replace(reason, value=float(values[at])) for reason, values in shifts if at >= 0 and values[at])


def _varied(order: Rows, scores: Doubles, catalogue: Catalogue, positions: Rows, most: int, strength: float) -> Rows:
    """The same order, its beginning varied."""
    first = order[:most]
    again = mmr(scores[first].astype(np.float32), catalogue.videos(positions[first]).tags, len(first), strength)
    return np.concatenate([first[again], order[most:]])


def _drawn(rules: Rules, catalogue: Catalogue, positions: Rows, scores: Doubles, n: int) -> Exposed:
    """The first n, with the places owed to cold videos given to those most worth a look."""
    cold = catalogue.in_state("cold")[positions]
    if not rules.explore or not cold.any():
        return expose(cold, n, rules.explore, rules.seed)
    tried = [rules.trials.get(catalogue.id_of(one), (0, 0)) for one in positions[cold].tolist()]
    shown, taken = np.array(tried, np.float64).T
    chances = np.zeros(len(positions))
    chances[cold] = odds(scores[cold], shown, taken)
    return expose(cold, n, rules.explore, rules.seed, chances)


def _pinned(pins: Sequence[Pin], catalogue: Catalogue, n: int, now: int) -> dict[int, int]:
    """The catalogue position of the video at each pinned place, from 0; of two pins to one place the first holds."""
    available, found = catalogue.available(now), dict[int, int]()
    for pin in pins:
        position = catalogue.position(pin.video_id)
        is_usable = position >= 0 and available[position] and position not in found.values()
        if is_usable and pin.position <= n:
            found.setdefault(pin.position - 1, position)
    return found


def _with_pins(free: list[Place], pinned: Mapping[int, int], positions: Rows) -> list[Place]:
    """The places one by one; a pin beyond the end of a short list stands at its end."""
    listed = list(free)
    for place, position in sorted(pinned.items()):
        at = np.flatnonzero(positions == position)
        listed.insert(place, Place(position, int(at[0]) if len(at) else -1, (), PINNED))
    return listed


def _within(quotas: Sequence[Quota], catalogue: Catalogue, positions: Rows, n: int, now: int) -> Rows:
    """Which of the candidates, by index and in order, fill n places within the quotas."""
    if not quotas:
        return np.arange(min(n, len(positions)), dtype=np.int32)
    of = np.stack([matching(catalogue, one.filter, now)[positions] for one in quotas])  # (n_quotas, n_candidates)
    must = np.array([one.at_least for one in quotas])
    most = np.array([n if one.at_most is None else one.at_most for one in quotas])
    must = np.minimum(must, of.sum(1))
    had, chosen, open_ = np.zeros(len(quotas), int), list[int](), np.ones(len(positions), bool)
    while len(chosen) < n and open_.any():
        owed = np.maximum(must - had, 0)
        is_tight = owed.sum() >= n - len(chosen)  # from here on each place must pay
        fits = open_ & ~(of & (had >= most)[:, None]).any(0)
        pays = fits & (of & (owed > 0)[:, None]).any(0)
        pool = pays if is_tight and pays.any() else fits if fits.any() else open_
        one = int(pool.argmax())
        open_[one] = False
        had += of[:, one]
        chosen.append(one)
    return np.array(sorted(chosen), np.int32)
