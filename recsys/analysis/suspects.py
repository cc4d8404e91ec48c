"""Tags that look like spam: on very many videos by few sources, and telling nothing of who likes them."""

from dataclasses import dataclass

import numpy as np

from recsys.analysis.audiences import chance
from recsys.analysis.tagged import Tagged
from recsys.schema import Doubles, Floats, Mask, Rows

BROAD = 0.05
"""Share of the videos from which a tag counts as on very many."""
ONE_VOICE = 0.9
"""Share of a tag's taggings that one source gave, from which it counts as that source's own."""
DEVIATIONS = 2
"""A tag says less than others only if that is so by many standard deviations: of few videos nobody can tell."""
LITTLE = 0.5
"""Part of what the median tag tells, below which a tag tells little."""
LEAST = 20
"""Tags on fewer videos with an audience are not judged by what they tell."""


@dataclass(frozen=True)
class Suspect:
    """One tag, and what speaks against it."""

    tag: str
    n_videos: int
    share: float
    """Of the videos, 0 to 1."""
    source: str
    """Who gave it most often."""
    source_share: float
    """Part of its taggings that come from there, 0 to 1."""
    coherence: float
    """How much more alike its videos' audiences are than those of as many videos drawn at random: 1 is no more."""
    others: float
    """The same of the other tags on its videos."""
    why: str


def suspects(
    tagged: Tagged, audience: tuple[Floats, float], others: tuple[Floats, float], most: int = 100
) -> list[Suspect]:
    """Tags without information, those on most videos first.

    A tag is suspected if what its videos share, in audience and in other tags, is no more than chance brings, and
    surely less than half of what two videos of the median tag share: coherence - 1 over the number of videos - 1 is
    the mean cosine of pairs. It says so if it also stands on very many videos, and if one source alone gave it.

    Args:
        tagged: which videos have which tags, and who said so.
        audience: (n_tags,) coherence of audiences and its chance, see `audiences.tag_sketches`; NaN where unknown.
        others: (n_tags,) coherence of the other tags and its chance, see `other_tags`; NaN where unknown.
        most: how many.
    """
    share = tagged.spread / max(len(tagged.videos), 1)
    judged = (tagged.spread >= LEAST) & ~(np.isnan(audience[0]) & np.isnan(others[0]))
    silent = _silent(*audience, tagged.spread, judged) & _silent(*others, tagged.spread, judged)
    top, top_share = _main_source(tagged)
    found = []
    for row in np.flatnonzero(silent & judged).tolist():
        why = ["tells little of who likes its videos, or of what else they show"]
        why += [f"on {share[row]:.0%} of the videos"] if share[row] >= BROAD else []
        alone = len(tagged.sources) > 1 and top_share[row] >= ONE_VOICE
        why += [f"from {tagged.sources[int(top[row])]} alone"] if alone else []
        told = float(share[row]), tagged.sources[int(top[row])], float(top_share[row])
        found.append(
            Suspect(
                tagged.tags[row],
                int(tagged.spread[row]),
                *told,
                float(audience[0][row]),
                float(others[0][row]),
                "; ".join(why),
            )
        )
    return sorted(found, key=lambda one: (-one.n_videos, one.tag))[:most]


def _silent(coherence: Floats, by_chance: float, spread: Rows, judged: Mask) -> Mask:
    """(n_tags,) where nothing is known, or no more than by chance is told, and surely less than by the median tag."""
    pairs = np.maximum(spread - 1, 1)
    cosine, error = (coherence - 1) / pairs, np.nan_to_num(by_chance) / pairs
    typical = float(np.nanmedian(cosine[judged])) if (judged & ~np.isnan(cosine)).any() else 0.0
    by_luck = coherence <= 1 + 3 * np.nan_to_num(by_chance)
    return np.isnan(cosine) | (by_luck & (cosine + DEVIATIONS * error < LITTLE * max(typical, 0.0)))


def other_tags(tagged: Tagged, size: int = 256, seed: int = 0) -> tuple[Floats, float]:
    """How much the other tags of each tag's videos agree, over what they would for videos drawn at random.

    As `audiences.tag_sketches` has it of audiences: a video's tags, the rarer the heavier, are projected at random, the
    mean taken off; of each tag's own part the sketches are cleared first.

    Returns:
        (n_tags,) about 1 for a tag that says nothing of the others, NaN below 2 videos; and how far from 1 it comes by
        chance, as a standard deviation.
    """
    matrix = tagged.matrix
    rarity = np.log1p(matrix.shape[0] / np.maximum(tagged.spread, 1)).astype(np.float32)
    signs = np.random.default_rng(seed).integers(0, 2, (matrix.shape[1], size), np.int8).astype(np.float32) * 2 - 1
    parts = signs * rarity[:, None]
    sketch = np.asarray(matrix @ parts, np.float32)  # (n_videos, size)
    known = np.diff(matrix.indptr) > 0
    mean = sketch[known].mean(0) if known.any() else np.zeros(size, np.float32)
    away = sketch - mean
    lengths = np.asarray((away.astype(np.float64) ** 2).sum(1))  # (n_videos,)
    m = tagged.spread.astype(np.float64)
    n = max(int(known.sum()), 1)
    # each tag's own part lies in all of its videos and, in the share m / n, in the mean
    total = np.asarray(matrix.T @ away, np.float64) - (m * (1 - m / n))[:, None] * parts
    own = np.asarray(matrix.T @ lengths) - m * (1 - m / n) ** 2 * (rarity.astype(np.float64) ** 2) * size
    squared = (total**2).sum(1)
    by_chance = own * (1 - (m - 1) / max(n - 1, 1))
    enough = (m >= 2) & (by_chance > 1e-9)
    coherence: Floats = np.divide(squared, by_chance, out=np.full(len(m), np.nan), where=enough).astype(np.float32)
    return coherence, chance(sketch[known])


def _main_source(tagged: Tagged) -> tuple[Doubles, Doubles]:
    """(n_tags,) the source that gave each tag most often, and its part of the taggings."""
    n_sources = max(len(tagged.sources), 1)
    counts = np.bincount(
        tagged.tag.astype(np.int64) * n_sources + tagged.source, minlength=len(tagged.tags) * n_sources
    )
    table = counts.reshape(len(tagged.tags), n_sources)
    return table.argmax(1), table.max(1) / np.maximum(table.sum(1), 1)
