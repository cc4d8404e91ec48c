"""Which taggings stand when a source says anew what a video has; those that it no longer says are withdrawn."""

from collections.abc import Iterable, Mapping
from typing import Any


def merged(
    video_id: str, before: Iterable[Any], wanted: Iterable[Mapping[str, Any]], now: int, source: str | None = None
) -> list[dict[str, Any]]:
    """The rows of `schema.TAGGINGS` to write so that exactly the wanted tags stand.

    Args:
        video_id: what was tagged.
        before: all of its taggings, withdrawn ones too.
        wanted: rows with tag_id, source and confidence.
        now: ms, when new tags become known and others are withdrawn.
        source: only taggings of this source are withdrawn; of every source by default.

    >>> before = {"tag_id": "a", "source": "editor", "confidence": 1.0, "known_at": 1, "withdrawn_at": None}
    >>> merged("v", [before], [], now=9)
    [{'video_id': 'v', 'tag_id': 'a', 'source': 'editor', 'confidence': 1.0, 'known_at': 1, 'withdrawn_at': 9}]
    """
    old = {(one["tag_id"], one["source"]): one for one in before}
    new = {(one["tag_id"], one["source"]): one for one in wanted}
    standing = {key: one for key, one in old.items() if one["withdrawn_at"] is None}
    rows = [
        _row(video_id, key, one["confidence"], standing[key]["known_at"] if key in standing else now)
        for key, one in new.items()
    ]
    gone = [key for key in standing if key not in new and source in (None, key[1])]
    return rows + [_row(video_id, key, old[key]["confidence"], old[key]["known_at"], now) for key in gone]


def _row(
    video_id: str, key: tuple[str, str], confidence: float | None, known_at: int | None, withdrawn_at: int | None = None
) -> dict[str, Any]:
    return {
        "video_id": video_id,
        "tag_id": key[0],
        "source": key[1],
        "confidence": confidence,
        "known_at": known_at,
        "withdrawn_at": withdrawn_at,
    }
