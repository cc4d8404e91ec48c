"""Which videos a filter matches: worked out once for a catalogue, then looked up."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.facts import Facts, flag, text
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.filter_language import TAGS, Both, Clause, Compare, Either, Exists, Filter, Has, Node, Not, Value
from recsys.schema import DAY_MS, Doubles, Mask, Rows
from recsys.tags.taxonomy import Taxonomy

KEPT = 64
"""Masks that a catalogue keeps."""
_KEEPING = threading.Lock()
AGE_STEP_MS = 60_000
"""Ages are counted to the beginning of such a step, so that for so long a filter by age matches the same."""


@dataclass(frozen=True)
class Emptied:
    """Why nothing is left of what may be shown."""

    clause: str
    """The first clause of the filter that nothing passes of what passed those before it."""
    n_before: int
    """How many videos passed those before it."""


def matching(catalogue: Catalogue, wanted: Filter, now: int) -> Mask:
    """(len(catalogue),) which videos match, read-only; kept, for the bundle's videos beyond changes of others."""
    at = now - now % AGE_STEP_MS
    key = (wanted, at if asks_age(wanted) else 0)
    known = _kept(catalogue.known_matches, key, lambda: _matches(_known(catalogue), wanted.root, at))
    if not catalogue.changes:
        return known
    return _kept(
        catalogue.matches, key, lambda: np.concatenate([known, _matches(_changed(catalogue), wanted.root, at)])
    )


def emptied(catalogue: Catalogue, wanted: Filter, now: int) -> Emptied | None:
    """The clause that leaves none of what is available; None where some are left."""
    left = catalogue.available(now)
    for clause in wanted.clauses:
        n_before = int(np.count_nonzero(left))
        left = left & matching(catalogue, Filter(clause), now)
        if not left.any():
            return Emptied(wanted.wording(clause), n_before)
    return None


def turned_down(catalogue: Catalogue, wanted: Filter, position: int, now: int) -> str | None:
    """The first clause that a video does not pass; None where it passes all."""
    each = (one for one in wanted.clauses if not matching(catalogue, Filter(one), now)[position])
    return next((wanted.wording(one) for one in each), None)


def _kept(kept: OrderedDict[Any, Mask], key: tuple[Filter, int], make: Callable[[], Mask]) -> Mask:
    """What is kept under a key, or is made; several threads may ask."""
    found = kept.get(key)
    if found is None:
        found = make()
        found.flags.writeable = False
    with _KEEPING:
        kept[key] = found
        kept.move_to_end(key)
        while len(kept) > KEPT:
            kept.popitem(last=False)
    return found


@dataclass(frozen=True)
class _Side:
    """The bundle's videos, or the changed ones."""

    n: int
    facts: Facts
    taxonomy: Taxonomy
    rows: Callable[[Sequence[str]], Rows]
    """(n_ids,) where videos stand among them, -1 where they are not."""
    in_state: Callable[[str], Mask]
    """(n,)"""


def _known(catalogue: Catalogue) -> _Side:
    n = len(catalogue.ids)
    return _Side(
        n, catalogue.facts, catalogue.vectorizer.taxonomy, catalogue.ids.rows, lambda one: catalogue.in_state(one)[:n]
    )


def _changed(catalogue: Catalogue) -> _Side:
    n = len(catalogue.ids)
    return _Side(
        len(catalogue.changes),
        catalogue.fresh_facts,
        catalogue.vectorizer.taxonomy,
        lambda ids: catalogue.positions(ids) - np.int32(n),
        lambda one: catalogue.in_state(one)[n:],
    )


def asks_age(wanted: Filter) -> bool:
    """Whether what a filter matches depends on the time."""
    return _asks_age(wanted.root)


def _asks_age(node: Node) -> bool:
    match node:
        case Both(parts) | Either(parts):
            return any(_asks_age(one) for one in parts)
        case Not(part):
            return _asks_age(part)
    return node.name == "age_days"


def _matches(side: _Side, node: Node, now: int) -> Mask:
    match node:
        case Both(parts):
            return np.logical_and.reduce([_matches(side, one, now) for one in parts])
        case Either(parts):
            return np.logical_or.reduce([_matches(side, one, now) for one in parts])
        case Not(part):
            return ~_matches(side, part, now)
        case Has("video_id", values) | Compare("video_id", "=", values):
            return _named(side, values if isinstance(values, tuple) else (values,))
        case Compare("video_id", _, value):
            return ~_named(side, (value,))
        case Has("state", values):
            return np.logical_or.reduce([side.in_state(str(one)) for one in values])
        case Compare("state", sign, value):
            found: Mask = side.in_state(str(value)) == (sign == "=")
            return found
        case Exists("video_id" | "state"):
            return np.ones(side.n, bool)
    return _clause(side, node, now)


def _named(side: _Side, video_ids: Sequence[Value]) -> Mask:
    found = np.zeros(side.n, bool)
    rows = side.rows([str(one) for one in video_ids])
    found[rows[rows >= 0]] = True
    return found


def _clause(side: _Side, node: Clause, now: int) -> Mask:
    """(n,) which videos a single clause matches by their facts."""
    facts, n, taxonomy = side.facts, side.n, side.taxonomy
    match node:
        case Exists(name):
            return facts.having_any("published_at" if name == "age_days" else name)
        case Has(name, values, is_all):
            each = [_having(facts, n, name, one, taxonomy, now) for one in values]
            return (np.logical_and if is_all else np.logical_or).reduce(each)
        case Compare(name, "=", value):
            return _having(facts, n, name, value, taxonomy, now)
        case Compare(name, "!=", value):
            return ~_having(facts, n, name, value, taxonomy, now)
        case Compare(name, sign, value):
            return _ordered(facts, n, name, sign, float(value), now)


def _having(facts: Facts, n: int, name: str, value: Value, taxonomy: Taxonomy, now: int) -> Mask:
    """(n,) which videos have a value of a field."""
    found = np.zeros(n, bool)
    if isinstance(value, bool):
        found[facts.having(flag(name, value))] = True
    elif isinstance(value, float | int):
        return _ordered(facts, n, name, "=", value, now)
    else:
        for one in taxonomy.below(value) if name == TAGS else [value]:
            found[facts.having(text(name, one))] = True
    return found


def _ordered(facts: Facts, n: int, name: str, sign: str, value: float, now: int) -> Mask:
    """(n,) which videos have a number in a field that is so beside another."""
    rows, numbers = _numbers(facts, name, now)
    found = np.zeros(n, bool)
    found[rows[_SIGNS[sign](numbers, value)]] = True
    return found


def _numbers(facts: Facts, name: str, now: int) -> tuple[Rows, Doubles]:
    if name != "age_days":
        return facts.number(name)
    rows, published = facts.number("published_at")
    return rows, (now - published) / DAY_MS


_SIGNS = {"=": np.equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
