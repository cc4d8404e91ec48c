"""Evidence of one thing in neighbouring stretches, made one piece."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from recsys.tags.evidence import Evidence


def merged(
    found: Iterable[Evidence], key: Callable[[Evidence], object] = lambda one: one.label, gap_ms: int = 0
) -> list[Evidence]:
    """Join evidence with the same key whose stretches touch, overlap or are not over `gap_ms` apart.

    Args:
        found: in any order.
        key: what makes two pieces one; the label if absent.
        gap_ms: how far apart stretches may be.

    Returns:
        In the order of time. Label, confidence and box are those of the surest.
    """
    last: dict[object, Evidence] = {}
    done: list[Evidence] = []
    for one in sorted(found, key=lambda one: (one.start_ms, one.end_ms)):
        before = last.get(key(one))
        if before is not None and one.start_ms - before.end_ms <= gap_ms:
            surest = one if one.confidence > before.confidence else before
            end_ms = max(one.end_ms, before.end_ms)
            last[key(one)] = replace(surest, start_ms=before.start_ms, end_ms=end_ms)
            continue
        if before is not None:
            done.append(before)
        last[key(one)] = one
    return sorted([*done, *last.values()], key=lambda one: (one.start_ms, one.label))
