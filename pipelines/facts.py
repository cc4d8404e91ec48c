"""What filters ask of the videos in a folder of tables, for the bundle."""

from pathlib import Path

import numpy as np
import pandas as pd

from recsys.facts import Facts, Numbers, Words, attributes
from recsys.ids import Ids
from recsys.schema import NEVER, TABLES
from recsys.tables import frame
from recsys.timeline import to_ms


def facts_of(tables: Path, ids: Ids, as_of: int) -> Facts:
    """Index the facts of videos.

    Args:
        tables: a folder of Parquet tables.
        ids: the videos, in row order; others are left out.
        as_of: ms; taggings known later, or withdrawn by then, do not count.
    """
    videos, taggings = facts_columns(tables)
    return facts(videos, taggings, ids, as_of)


def facts_columns(tables: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The columns of the videos and the taggings that facts are made of."""
    return tuple(_read(tables, name, columns) for name, columns in COLUMNS.items())  # type: ignore[return-value]


COLUMNS = {
    "videos": ["video_id", "language", "duration_s", "published_at", "attributes"],
    "taggings": ["video_id", "tag_id", "source", "known_at", "withdrawn_at"],
}


def facts(videos: pd.DataFrame, taggings: pd.DataFrame, ids: Ids, as_of: int) -> Facts:
    """The same, of frames."""
    video = ids.rows(list(videos["video_id"]))
    videos, video = videos[video >= 0], video[video >= 0]
    told, counted = attributes(
        (int(video[at]), document)
        for at, document in zip(
            np.flatnonzero(videos["attributes"].notna()), videos["attributes"].dropna(), strict=True
        )
    )
    known, withdrawn = to_ms(taggings["known_at"]), to_ms(taggings["withdrawn_at"])
    standing = taggings[((known <= as_of) | (known == NEVER)) & (withdrawn > as_of)]
    code, names = standing["video_id"].factorize()
    tagged = ids.rows(list(names))[code] if len(names) else np.empty(0, np.int32)
    words = [
        _words("language", videos["language"], video),
        _words("tags", standing["tag_id"], tagged),
        _words("source", standing["source"], tagged),
    ]
    published = to_ms(videos["published_at"])
    duration = videos["duration_s"].to_numpy(float)
    numbers = [
        Numbers("duration_s", video[np.isfinite(duration)], duration[np.isfinite(duration)]),
        Numbers("published_at", video[published != NEVER], published[published != NEVER].astype(float)),
    ]
    return Facts.of(len(ids), [*words, *told], [*numbers, *counted])


def _words(field: str, values: "pd.Series[str]", video: np.ndarray) -> Words:
    code, names = values.factorize()
    there = (code >= 0) & (video >= 0)
    return Words(field, list(names), code[there].astype(np.int32), video[there])


def _read(tables: Path, name: str, columns: list[str]) -> pd.DataFrame:
    path = tables / f"{name}.parquet"
    return pd.read_parquet(path, columns=columns) if path.exists() else frame(TABLES[name], {})[columns]
