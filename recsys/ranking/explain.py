"""Reasons: the signed parts of a score, the largest by name and the rest in one, so that they always sum to it."""

from dataclasses import dataclass

import numpy as np

from recsys.models.base import Parts
from recsys.ranking.catalogue import Catalogue
from recsys.schema import Floats, Rows


@dataclass(frozen=True)
class Reason:
    """One part of a score."""

    kind: str
    """`tag`, `video` (one the viewer had), `popularity`, `rule`, `rotation`, or `other` (all smaller parts)."""
    id: str
    """The tag's or video's id, or a rule's filter; empty for the other kinds."""
    value: float
    """Signed; the values of all reasons of an answer add up to its score."""


def reasons(parts: Parts, scores: Floats, past: Rows, catalogue: Catalogue, most: int = 6) -> list[tuple[Reason, ...]]:
    """The reasons of each video.

    Args:
        parts: of all the videos, in order.
        scores: (n,) what they were ranked by; what parts leave over by rounding goes to `other`.
        past: (n_past,) catalogue positions of the viewer's past videos, in the order of `parts.history`.
        catalogue: to name videos and tags.
        most: how many parts are named; popularity always is.
    """
    return [_of_one(parts, row, float(scores[row]), past, catalogue, most) for row in range(len(scores))]


def _of_one(parts: Parts, row: int, score: float, past: Rows, catalogue: Catalogue, most: int) -> tuple[Reason, ...]:
    span = slice(parts.tags.indptr[row], parts.tags.indptr[row + 1])
    tags, by_tag = parts.tags.indices[span], parts.tags.data[span]
    values = np.concatenate([by_tag, parts.history[row]])
    named = [int(one) for one in np.argsort(-np.abs(values), kind="stable")[:most] if values[one] != 0]
    found = [
        Reason("tag", catalogue.vectorizer.ids[int(tags[one])], float(values[one]))
        if one < len(tags)
        else Reason("video", catalogue.id_of(int(past[one - len(tags)])), float(values[one]))
        for one in named
    ]
    base = float(parts.base[row])
    if base:
        found.append(Reason("popularity", "", base))
    rest = score - sum(one.value for one in found)
    if abs(rest) > 1e-7:
        found.append(Reason("other", "", rest))
    return tuple(found)
