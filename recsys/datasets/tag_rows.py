"""From who tagged what with which words to the tables `tags`, `tag_names` and `taggings`.

A tag id is a namespace and the word: `genre:comedy`, `tag:dark-comedy`. Spellings that differ only in case, or in
blanks and slashes, are one tag; the most used spelling names it and the others are its aliases.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys.schema import TAG_NAMES, TAGGINGS, TAGS
from recsys.tables import frame
from recsys.tags.spelling import readable_id

ALWAYS = int(np.iinfo(np.int64).min)
"""The `known_at` in ms of what was known from the start; numpy reads it as a missing time."""
DIMENSION = {
    "genre": "category",
    "tag": "keyword",
    "country": "place",
    "director": "person",
    "attribute": "custom",
}
"""The dimension of each namespace of tag ids."""


def said(
    namespace: str,
    video_id: Sequence[str] | NDArray,
    names: Sequence[str] | NDArray,
    source: str = "editor",
    keys: Sequence[str] | NDArray | None = None,
    confidence: NDArray[np.float64] | None = None,
    known_at: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """One row per statement that a video has a tag.

    Args:
        namespace: one of `DIMENSION`.
        video_id: (n,) what was tagged.
        names: (n,) the words, as written; an empty one is no statement.
        source: who said so.
        keys: (n,) what tells tags apart, where two may have the same name; the names themselves if absent.
        confidence: (n,) 0 to 1; unknown if absent.
        known_at: (n,) ms; known from the start if absent.
    """
    words = np.asarray(names if keys is None else keys, object)
    codes, unique = pd.factorize(words)
    ids = np.array([readable_id(namespace, str(one)) for one in unique], object)
    rows = pd.DataFrame({
        "video_id": np.asarray(video_id, object),
        "tag_id": ids[codes] if len(ids) else words,
        "name": np.asarray(names, object),
        "dimension": DIMENSION[namespace],
        "source": source,
        "confidence": np.full(len(words), np.nan) if confidence is None else confidence,
        "known_at": np.full(len(words), ALWAYS) if known_at is None else known_at,
    })  # fmt: skip
    return rows[rows["name"].astype(bool)]


def agreed(rows: pd.DataFrame, viewer_id: Sequence[str] | NDArray) -> pd.DataFrame:
    """Fold statements of many viewers into one per (video, tag).

    Args:
        rows: made by `said`.
        viewer_id: (n,) who said each.

    Returns:
        Rows whose confidence is n / (n + 1) where n viewers agree, known since the first of them said so. So the
        confidence counts later agreement too; who must rule that out cuts the statements by time first.
    """
    by = rows.assign(viewer_id=np.asarray(viewer_id, object)).groupby(["video_id", "tag_id"], sort=False)
    voices = by["viewer_id"].transform("nunique").to_numpy(np.float64)
    first = by["known_at"].transform("min").to_numpy(np.int64)
    return rows.assign(confidence=share(voices), known_at=first).drop_duplicates(["video_id", "tag_id", "name"])


def share(voices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Confidence in a tag that so many viewers gave: n / (n + 1).

    >>> share(np.array([1.0, 3.0])).tolist()
    [0.5, 0.75]
    """
    return voices / (voices + 1)


def tag_tables(parts: Sequence[pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The frames `tags`, `tag_names` and `taggings` of all statements.

    One row per (video, tag, source): the highest confidence and the earliest time.
    """
    if not parts:
        return {}
    rows = pd.concat(parts, ignore_index=True)
    tags = rows.drop_duplicates("tag_id").sort_values("tag_id")
    by = rows.groupby(["video_id", "tag_id", "source"], sort=True)
    taggings = by.agg(confidence=("confidence", "max"), known_at=("known_at", "min")).reset_index()
    known_at = pd.Series(taggings["known_at"].to_numpy(np.int64).astype("datetime64[ms]")).dt.tz_localize("UTC")
    return {
        "tags": frame(TAGS, tags[["tag_id", "dimension"]]),
        "tag_names": frame(TAG_NAMES, _names(rows)),
        "taggings": frame(TAGGINGS, taggings.assign(known_at=known_at)),
    }


def _names(rows: pd.DataFrame) -> pd.DataFrame:
    """Every spelling of every tag; all but the most used are aliases."""
    uses = rows.groupby(["tag_id", "name"], sort=True).size().rename("uses").reset_index()
    uses = uses.sort_values(["tag_id", "uses", "name"], ascending=[True, False, True])
    return uses.assign(is_alias=uses.duplicated("tag_id"))[["tag_id", "name", "is_alias"]]
