"""What was found in a video, as lines for a terminal and as values for machines."""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipelines.tagging.chain import Tagged
from pipelines.tagging.fused import tag_rows
from pipelines.tagging.tag_rows import TagRow, bar, rows
from recsys.tags.fusion.fuse import FusedTag

LABEL, BAR = 44, 40
"""Columns of a terminal."""


def lines(found: Tagged, tags: list[FusedTag]) -> list[str]:
    """The tags and the evidence for them, each with a timeline, and which analysers could not be had."""
    media = found.media
    size = f"{media.duration_ms / 1000:.1f} s, {media.width} × {media.height}, {len(found.view.shots)} shots"
    lacking = [f"{one.analyser} is {one.state}: {one.says}" for one in found.outcomes if one.state != "done"]
    tables = [
        *_table("tag", tag_rows(tags), media.duration_ms),
        *_table("evidence", rows(found.evidence), media.duration_ms),
    ]
    return [f"{media.path}: {size}", *(tables or ["", "nothing was found"]), *(["", *lacking] if lacking else [])]


def values(found: Tagged, tags: list[FusedTag]) -> dict[str, Any]:
    """Everything that was found, for JSON; a tag's parts name evidence by its position."""
    media = found.media
    return {
        "file": str(media.path), "duration_ms": media.duration_ms, "width": media.width, "height": media.height,
        "has_sound": media.has_sound, "shots": [asdict(one) for one in found.view.shots],
        "tags": [asdict(one) for one in tags],
        "evidence": [asdict(one) for one in found.evidence if one.dimension != "shot"],
        "analysers": [asdict(one) for one in found.outcomes],
    }  # fmt: skip


def _table(what: str, told: Sequence[TagRow], duration_ms: int) -> list[str]:
    """Nothing where there is nothing to tell."""
    head = f"{'dimension':<10}{_fitted(what, LABEL)}{'sure':>5}  {'when':<{BAR}}  found by"
    return ["", head, *(_line(row, duration_ms) for row in told)] if told else []


def _line(row: TagRow, duration_ms: int) -> str:
    when = bar(row, duration_ms, BAR)
    return f"{row.dimension:<10}{_fitted(row.label, LABEL)}{row.confidence:>5.2f}  {when}  {', '.join(row.sources)}"


def _fitted(text: str, width: int) -> str:
    """Cut or filled to so many columns; a Chinese character takes two."""
    kept, columns = "", 0
    for one in " ".join(text.split()):
        takes = 2 if unicodedata.east_asian_width(one) in "WF" else 1
        if columns + takes > width - 2:
            kept, columns = f"{kept}…", columns + 1
            break
        kept, columns = kept + one, columns + takes
    return kept + " " * (width - columns)
