"""Which videos a filter matches: worked out once for a catalogue, then looked up."""

from collections import OrderedDict
from collections.abc import Sequence
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
    """(len(catalogue),) which videos match, read-only; kept until the catalogue changes."""
    at = now - now % AGE_STEP_MS
    key = (wanted, at if _asks_age(wanted.root) else 0)
    kept = catalogue.matched
    found = kept.get(key)
    if found is None:
        found = _kept(kept, key, _matches(catalogue, wanted.root, at))
    kept.move_to_end(key)
    return found


def carried(before: Catalogue, after: Catalogue, now: int) -> None:
    """Work out for the next catalogue what was asked of the one before, so that no request waits for it."""
    for wanted in dict.fromkeys(wanted for wanted, _ in list(before.matched)):
        matching(after, wanted, now)


def emptied(catalogue: Catalogue, wanted: Filter, now: int) -> Emptied | None:
    """The clause that leaves none of what is available; None where some are left."""
    left = catalogue.available(now)
    for clause in wanted.clauses:
        n_before = int(np.count_nonzero(left))
        left = left & _matches(catalogue, clause, now - now % AGE_STEP_MS)
        if not left.any():
            return Emptied(wanted.wording(clause), n_before)
    return None


def turned_down(catalogue: Catalogue, wanted: Filter, position: int, now: int) -> str | None:
    """The first clause that a video does not pass; None where it passes all."""
    at = now - now % AGE_STEP_MS
    return next((wanted.wording(one) for one in wanted.clauses if not _matches(catalogue, one, at)[position]), None)


def _kept(kept: OrderedDict[tuple[Any, int], Mask], key: tuple[Filter, int], made: Mask) -> Mask:
    made.flags.writeable = False
    kept[key] = made
    while len(kept) > KEPT:
        kept.popitem(last=False)
    return made


def _asks_age(node: Node) -> bool:
    match node:
        case Both(parts) | Either(parts):
            return any(_asks_age(one) for one in parts)
        case Not(part):
            return _asks_age(part)
    return node.name == "age_days"


def _matches(catalogue: Catalogue, node: Node, now: int) -> Mask:
    match node:
        case Both(parts):
            return np.logical_and.reduce([_matches(catalogue, one, now) for one in parts])
        case Either(parts):
            return np.logical_or.reduce([_matches(catalogue, one, now) for one in parts])
        case Not(part):
            return ~_matches(catalogue, part, now)
        case Has("video_id", values) | Compare("video_id", "=", values):
            return _named(catalogue, values if isinstance(values, tuple) else (values,))
        case Compare("video_id", _, value):
            return ~_named(catalogue, (value,))
        case Has("state", values):
            return np.logical_or.reduce([catalogue.in_state(str(one)) for one in values])
        case Compare("state", sign, value):
            return catalogue.in_state(str(value)) == (sign == "=")
        case Exists("video_id" | "state"):
            return np.ones(len(catalogue), bool)
    taxonomy = catalogue.vectorizer.taxonomy
    both = (catalogue.facts, len(catalogue.ids)), (catalogue.fresh_facts, len(catalogue.changes))
    return np.concatenate([_clause(facts, n, node, taxonomy, now) for facts, n in both])


def _named(catalogue: Catalogue, video_ids: Sequence[Value]) -> Mask:
    found = np.zeros(len(catalogue), bool)
    positions = catalogue.positions([str(one) for one in video_ids])
    found[positions[positions >= 0]] = True
    return found


def _clause(facts: Facts, n: int, node: Clause, taxonomy: Taxonomy, now: int) -> Mask:
    """(n,) which videos of some facts a single clause matches."""
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
