"""Every data set that Tagreel reads, in one table: its reader, licence, citation, and the files it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

from recsys.datasets.asset_list import CITEULIKE_A, MOVIELENS_100K, MOVIELENS_SMALL
from recsys.datasets.assets import Asset, FetchedAsset, fetch_asset
from recsys.datasets.citeulike import read_citeulike
from recsys.datasets.lastfm_hetrec import read_lastfm_hetrec
from recsys.datasets.movielens_100k import read_movielens_100k
from recsys.datasets.movielens_small import read_movielens_small
from recsys.datasets.s3rec import read_s3rec
from recsys.datasets.transport import Progress, Transport
from recsys.errors import AssetError, ConfigError, require
from recsys.tables import Tables

HARPER = "Harper and Konstan: The MovieLens Datasets: History and Context. ACM TiiS 5(4), 2015"
WANG = "Wang, Chen and Li: Collaborative Topic Regression with Social Regularization. IJCAI 2013"
ZHOU = "Zhou et al.: S3-Rec: Self-Supervised Learning for Sequential Recommendation. CIKM 2020"
CANTADOR = "Cantador, Brusilovsky and Kuflik: HetRec 2011, at RecSys 2011; and Last.fm, https://www.last.fm"


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """One public data set."""

    name: str
    about: str
    read: Callable[..., Tables]
    """Called with the folder, and the options its reader has."""
    needs: tuple[str, ...]
    """Files in the folder; with "or" between layouts."""
    licence: str
    citation: str
    homepage: str
    asset: Asset | None = None
    """How to fetch it; None where a person must, from the homepage."""


DATA_SETS = {
    one.name: one
    for one in (
        DataSet(
            name="ml-latest-small",
            about="ratings of films with genres and free tags, 1996 to 2018: 610 viewers, 9,742 films, 100,836 ratings",
            read=read_movielens_small,
            needs=("ratings.csv", "movies.csv", "tags.csv"),
            licence=MOVIELENS_SMALL.licence,
            citation=HARPER,
            homepage="https://grouplens.org/datasets/movielens/latest/",
            asset=MOVIELENS_SMALL,
        ),
        DataSet(
            name="ml-100k",
            about="ratings of films with genres, 1997 to 1998: 943 viewers, 1,682 films, 100,000 ratings",
            read=read_movielens_100k,
            needs=("u.data", "u.item", "or", "ml-100k.inter", "ml-100k.item"),
            licence=MOVIELENS_100K.licence,
            citation=HARPER,
            homepage="https://grouplens.org/datasets/movielens/100k/",
            asset=MOVIELENS_100K,
        ),
        DataSet(
            name="citeulike-a",
            about="articles that readers saved, with tags; no times: 5,551 viewers, 16,980 articles, 204,986 events",
            read=read_citeulike,
            needs=("users.dat", "item-tag.dat", "tags.dat"),
            licence=CITEULIKE_A.licence,
            citation=WANG,
            homepage="https://github.com/js05212/citeulike-a",
            asset=CITEULIKE_A,
        ),
        DataSet(
            name="s3rec-beauty",
            about="reviewed purchases with attributes, order only: 22,363 viewers, 12,101 items, 198,502 events",
            read=partial(read_s3rec, part="Beauty"),
            needs=("Beauty.txt", "Beauty_item2attributes.json"),
            licence="none stated",
            citation=ZHOU,
            homepage="https://github.com/RUCAIBox/CIKM2020-S3Rec",
        ),
        DataSet(
            name="s3rec-lastfm",
            about="artists with attributes, order only: 1,090 viewers, 3,646 artists, 52,551 events",
            read=partial(read_s3rec, part="LastFM"),
            needs=("LastFM.txt", "LastFM_item2attributes.json"),
            licence="none stated",
            citation=ZHOU,
            homepage="https://github.com/RUCAIBox/CIKM2020-S3Rec",
        ),
        DataSet(
            name="hetrec-lastfm",
            about="listening counts and tags by day: 1,892 viewers, 17,632 artists, 92,834 counts",
            read=read_lastfm_hetrec,
            needs=("user_artists.dat", "artists.dat", "tags.dat", "user_taggedartists.dat"),
            licence="for non-commercial use; commercial use by agreement with Last.fm",
            citation=CANTADOR,
            homepage="https://grouplens.org/datasets/hetrec-2011/",
        ),
    )
}


def data_set(name: str) -> DataSet:
    """The data set of that name; ConfigError names those there are."""
    require(name in DATA_SETS, f"there is no data set {name!r}; there is {', '.join(DATA_SETS)}", ConfigError)
    return DATA_SETS[name]


def read(name: str, folder: Path, **options: Any) -> Tables:
    """Read a data set from its folder.

    Args:
        name: one of `DATA_SETS`.
        folder: has the files that the data set needs.
        options: handed to its reader, such as `tags="editor"` for ml-latest-small.

    Raises:
        ConfigError: no such data set or option.
        DataError: a file is missing or malformed.
    """
    reader = data_set(name).read
    try:
        signature(reader).bind(folder, **options)
    except TypeError as error:
        raise ConfigError(f"{name} cannot be read with these options: {error}") from error
    return reader(folder, **options)


def fetch(
    name: str,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
    transport: Transport = Transport(),
) -> FetchedAsset:
    """Fetch a data set's files; see `assets.fetch_asset`.

    Raises:
        ConfigError: no such data set.
        AssetError: it cannot be fetched, for now or at all.
    """
    one = data_set(name)
    if one.asset is None:
        raise AssetError(f"{name} cannot be fetched from here; get {', '.join(one.needs)} from {one.homepage}")
    return fetch_asset(one.asset, cache_dir, progress, transport)
