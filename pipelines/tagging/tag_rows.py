"""Evidence of one thing gathered into one row, for tables and pictures; no fusion, only counting."""

from collections.abc import Iterable
from dataclasses import dataclass

from recsys.tags.evidence import Evidence

BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class TagRow:
    """One label of one dimension in a video."""

    dimension: str
    label: str
    confidence: float
    """Of the surest evidence."""
    spans: tuple[tuple[int, int, float], ...]
    """(start_ms, end_ms, confidence), in order."""
    sources: tuple[str, ...]


def rows(evidence: Iterable[Evidence]) -> list[TagRow]:
    """A row for each label, by dimension, surest first; shots are no labels."""
    by_label: dict[tuple[str, str], list[Evidence]] = {}
    for one in evidence:
        if one.dimension != "shot":
            by_label.setdefault((one.dimension, one.label), []).append(one)
    found = [
        TagRow(
            dimension, label, max(one.confidence for one in pieces),
            tuple(sorted((one.start_ms, one.end_ms, one.confidence) for one in pieces)),
            tuple(sorted({one.source for one in pieces})),
        )
        for (dimension, label), pieces in by_label.items()
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.dimension, -row.confidence, row.label))


def bar(row: TagRow, duration_ms: int, width: int) -> str:
    """A line of so many characters from the video's begin to its end, as high as the confidence where the label is.

    >>> bar(TagRow("object", "cat", 0.9, ((0, 500, 0.9), (900, 1000, 0.3)), ("objects",)), 1000, 10)
    '▇▇▇▇▇    ▂'
    """
    cells = [0.0] * width
    for start_ms, end_ms, confidence in row.spans:
        first = min(width - 1, start_ms * width // max(1, duration_ms))
        last = min(width - 1, max(first, -(-end_ms * width // max(1, duration_ms)) - 1))
        for cell in range(first, last + 1):
            cells[cell] = max(cells[cell], confidence)
    return "".join(BLOCKS[0 if sure == 0 else max(1, round(sure * (len(BLOCKS) - 1)))] for sure in cells)
