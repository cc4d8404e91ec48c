"""MovieLens 100K: 943 viewers' ratings of 1,682 films with genres, 1997 to 1998, in either of two layouts.

GroupLens publishes `u.data` and `u.item` (latin-1); RecBole's package carries the same ratings as `ml-100k.inter` and
`ml-100k.item` (UTF-8). Both give the same events, films and genres. Release dates are days on which a film was
released somewhere, mostly 1 January, so only the year is kept, as an attribute.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from recsys.datasets.delimited import DelimitedFile, read_delimited
from recsys.datasets.ratings import films, rating_events, split_title, viewers_of
from recsys.datasets.tag_rows import said, tag_tables
from recsys.errors import DataError
from recsys.tables import Tables

GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
ITEM_COLUMNS = ("movie", "title", "released", "released_on_video", "address", *GENRES)
NO_GENRE = "unknown"


def read_movielens_100k(folder: Path) -> Tables:
    """Read whichever layout the folder has.

    Raises:
        DataError: neither layout is there, or a line is malformed.
    """
    if (folder / "u.data").is_file():
        return _tables(_grouplens_ratings(folder), *_grouplens_films(folder))
    if (folder / "ml-100k.inter").is_file():
        return _tables(_recbole_ratings(folder), *_recbole_films(folder))
    raise DataError(f"{folder} has neither u.data nor ml-100k.inter; `tagreel data get ml-100k` gets one of them")


def _tables(events: pd.DataFrame, videos: pd.DataFrame, genres: pd.DataFrame) -> Tables:
    return Tables(videos=videos, viewers=viewers_of(events), events=events, **tag_tables([genres]))


def _grouplens_ratings(folder: Path) -> pd.DataFrame:
    columns = ("user", "movie", "rating", "seconds")
    return _events(read_delimited(folder / "u.data", "\t", columns, encoding="latin-1", header=False), *columns)


def _recbole_ratings(folder: Path) -> pd.DataFrame:
    columns = ("user_id:token", "item_id:token", "rating:float", "timestamp:float")
    return _events(read_delimited(folder / "ml-100k.inter", "\t", columns), *columns)


def _events(given: DelimitedFile, user: str, movie: str, rating: str, seconds: str) -> pd.DataFrame:
    stars, times = given.reals(rating), given.wholes(seconds)
    return rating_events("ml100k", given.ids(user), given.ids(movie), stars, times)


def _grouplens_films(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    given = read_delimited(folder / "u.item", "|", ITEM_COLUMNS, encoding="latin-1", header=False)
    flags = np.array([given.wholes(genre) for genre in GENRES])  # (n_genres, n_films)
    titles = [split_title(title)[0] for title in given.text("title")]
    pairs = [(int(film), GENRES[genre]) for genre, film in zip(*np.nonzero(flags), strict=True)]
    return _films(given.ids("movie"), titles, [split_title(title)[1] for title in given.text("title")], pairs)


def _recbole_films(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    columns = ("item_id:token", "movie_title:token_seq", "release_year:token", "class:token_seq")
    given = read_delimited(folder / "ml-100k.item", "\t", columns)
    years = [int(year) if year.isdigit() else None for year in given.text(columns[2])]
    pairs = [(film, genre) for film, line in enumerate(given.text(columns[3])) for genre in line.split()]
    return _films(given.ids(columns[0]), list(given.text(columns[1])), years, pairs)


def _films(
    video_id: np.ndarray, titles: list[str], years: list[int | None], genres: list[tuple[int, str]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Films and their genres, given as (position of the film, genre)."""
    known = [(film, genre) for film, genre in genres if genre != NO_GENRE]
    statements = said("genre", video_id[[film for film, _ in known]], [genre for _, genre in known])
    return films(video_id, titles, years), statements
