"""HetRec 2011's additions to MovieLens films: crowd tags with weights and times, genres, countries, directors.

The files are latin-1 and tab-separated, without quotes. Distributed for non-commercial use by permission of GroupLens.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from recsys.datasets.delimited import read_delimited
from recsys.datasets.tag_rows import said, share
from recsys.errors import DataError

FACTS = (
    ("genre", "movie_genres.dat", "genre", "genre"),
    ("country", "movie_countries.dat", "country", "country"),
    ("director", "movie_directors.dat", "directorID", "directorName"),
)
"""Namespace, file, and the columns of the key and the name."""


def hetrec_facts(folder: Path) -> list[pd.DataFrame]:
    """Genres, countries and directors as editor's statements, known from a film's start; see `tag_rows.said`."""
    parts = []
    for namespace, file, key, name in FACTS:
        given = read_delimited(folder / file, "\t", ("movieID", key, name), encoding="latin-1")
        parts.append(said(namespace, given.ids("movieID"), given.text(name), keys=given.text(key)))
    return parts


def hetrec_crowd_tags(folder: Path) -> pd.DataFrame:
    """Viewers' tags: a weight of n viewers becomes the confidence n / (n + 1).

    A tag is known since its first timed assignment. Four in ten have none: those count as known only since the
    last assignment of the whole set, for by then somebody had given them.

    Raises:
        DataError: a file is missing, a line malformed, or a tag id has no name.
    """
    given = read_delimited(folder / "movie_tags.dat", "\t", ("movieID", "tagID", "tagWeight"), encoding="latin-1")
    named = read_delimited(folder / "tags.dat", "\t", ("id", "value"), encoding="latin-1")
    name_of = dict(zip(named.ids("id"), named.text("value"), strict=True))
    tags, videos = given.ids("tagID"), given.ids("movieID")
    first, last = _first_given(folder)
    known_at = [first.get(pair, last) for pair in zip(videos, tags, strict=True)]
    try:
        names = [name_of[tag] for tag in tags]
    except KeyError as error:
        raise DataError(f"{given.path} uses tag {error.args[0]!r}, which {named.path} does not name") from error
    confidence = share(given.wholes("tagWeight", low=1).astype(np.float64))
    return said("tag", videos, names, source="viewer", confidence=confidence, known_at=np.array(known_at, np.int64))


def _first_given(folder: Path) -> tuple[dict[tuple[str, str], int], int]:
    """When each (film, tag) was first given, and when the last of all was, in ms."""
    columns = ("userID", "movieID", "tagID", "unixTimeStamp")
    timed = read_delimited(folder / "user_taggedmovies-timestamps.dat", "\t", columns, encoding="latin-1")
    times = timed.wholes("unixTimeStamp")
    first: dict[tuple[str, str], int] = {}
    for video, tag, time in zip(timed.ids("movieID"), timed.ids("tagID"), times.tolist(), strict=True):
        first[video, tag] = min(time, first.get((video, tag), time))
    return first, int(times.max(initial=0))
