"""MovieLens ml-latest-small: 610 viewers' ratings of 9,742 films with genres and free tags, 1996 to 2018.

Ratings come in bursts, a sign-up session each: their order inside one is not the order of watching. Tags come from
people among the very viewers one predicts for, so they leak; `tags` leaves them out. HetRec 2011 adds crowd tags,
genres, countries and directors on the same film ids.
"""

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from recsys.datasets.delimited import read_delimited
from recsys.datasets.hetrec_movies import hetrec_crowd_tags, hetrec_facts
from recsys.datasets.ratings import films, rating_events, split_title, viewers_of
from recsys.datasets.tag_rows import agreed, said, tag_tables
from recsys.errors import ConfigError, require
from recsys.tables import Tables

TagChoice = Literal["none", "editor", "all"]
NO_GENRE = "(no genres listed)"


def read_movielens_small(folder: Path, hetrec: Path | str | None = None, tags: TagChoice = "all") -> Tables:
    """Read the set.

    Args:
        folder: has `ratings.csv`, `movies.csv` and `tags.csv`.
        hetrec: has `movie_tags.dat` and its like, of hetrec2011-movielens-2k; films that MovieLens lacks are left out.
        tags: `none`; `editor` for genres, countries and directors, known from a film's start; `all` for viewers' too.

    Raises:
        DataError: a file is missing or a line of it is malformed.
        ConfigError: another value of `tags`.
    """
    require(tags in ("none", "editor", "all"), f"tags is {tags!r}; it must be none, editor or all", ConfigError)
    movies = read_delimited(folder / "movies.csv", ",", ("movieId", "title", "genres"), quoted=True)
    video_id = movies.ids("movieId")
    parts: list[pd.DataFrame] = []
    if tags != "none":
        parts.append(_genres(video_id, movies.text("genres")))
        parts += [] if hetrec is None else hetrec_facts(Path(hetrec))
    if tags == "all":
        parts.append(_crowd_tags(folder))
        parts += [] if hetrec is None else [hetrec_crowd_tags(Path(hetrec))]
    events = _events(folder)
    titles, years = zip(*map(split_title, movies.text("title")), strict=True) if len(movies) else ((), ())
    known = set(video_id)
    return Tables(
        videos=films(video_id, titles, years),
        viewers=viewers_of(events),
        events=events,
        **tag_tables([part[part["video_id"].isin(known)] for part in parts]),
    )


def _events(folder: Path) -> pd.DataFrame:
    ratings = read_delimited(folder / "ratings.csv", ",", ("userId", "movieId", "rating", "timestamp"))
    return rating_events(
        "ml", ratings.ids("userId"), ratings.ids("movieId"), ratings.reals("rating"), ratings.wholes("timestamp")
    )


def _genres(video_id: np.ndarray, genres: np.ndarray) -> pd.DataFrame:
    pairs = [
        (video, genre)
        for video, line in zip(video_id, genres, strict=True)
        for genre in line.split("|")
        if genre != NO_GENRE
    ]
    return said("genre", [video for video, _ in pairs], [genre for _, genre in pairs])


def _crowd_tags(folder: Path) -> pd.DataFrame:
    given = read_delimited(folder / "tags.csv", ",", ("userId", "movieId", "tag", "timestamp"), quoted=True)
    seconds = given.wholes("timestamp")
    rows = said("tag", given.ids("movieId"), given.text("tag"), source="viewer", known_at=seconds * 1000)
    return agreed(rows, given.ids("userId")[rows.index])
