"""HetRec 2011's Last.fm set: how often 1,892 listeners played 17,632 artists, and who tagged them, by day.

Counts are totals as of the day the set was collected, so every event carries `COLLECTED`; tags carry the day they
were given. The files are latin-1. For non-commercial use; cite Cantador, Brusilovsky and Kuflik, HetRec 2011.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from recsys.datasets import pairs
from recsys.datasets.delimited import DelimitedFile, read_delimited
from recsys.datasets.pairs import Pairs
from recsys.datasets.ratings import viewers_of
from recsys.datasets.tag_rows import agreed, said, tag_tables
from recsys.errors import DataError, require
from recsys.schema import DAY_MS, EVENTS, VIDEOS, Times
from recsys.tables import Tables, frame

COLLECTED = pd.Timestamp("2011-05-10", tz="UTC")
"""The day after the last tag: by then all counts were what they are."""
FIRST_TAGS = pd.Timestamp("2005-08-01", tz="UTC")
"""Last.fm had no tags before; the five days that say so are errors, and count as `COLLECTED`'s eve."""
LATIN = "latin-1"
SPLITS = {"cold-user-split": ("train", "vali", "test")}


def read_lastfm_hetrec(folder: Path) -> Tables:
    """Read the set.

    Args:
        folder: has `user_artists.dat`, `artists.dat`, `tags.dat` and `user_taggedartists.dat`. Artists that were
            tagged but that `artists.dat` lacks, whom nobody played, are left out.

    Raises:
        DataError: a file is missing, a line malformed, a day impossible, or a tag without a name.
    """
    artists = read_delimited(folder / "artists.dat", "\t", ("id", "name"), LATIN)
    known = set(artists.ids("id"))
    statements = _statements(folder)
    events = _events(folder)
    return Tables(
        videos=frame(VIDEOS, {"video_id": artists.ids("id"), "title": artists.text("name")}),
        viewers=viewers_of(events),
        events=events,
        **tag_tables([statements[statements["video_id"].isin(known)]]),
    )


@dataclass(frozen=True, eq=False)
class ColdUserSplit:
    """Listeners of train, validation and test are different people."""

    files: dict[str, Pairs]  # by file: train, vali, test
    viewer_ids: list[str]  # (n_viewers,) the id that `read_lastfm_hetrec` gives, by position
    video_ids: list[str]  # (n_videos,) likewise


def read_split(folder: Path, split: str = "cold-user-split") -> ColdUserSplit:
    """The published split with its maps from positions to ids; see `pairs.read_split`."""
    files = pairs.read_split(folder, split, SPLITS)
    users = read_delimited(folder / split / "user_map.csv", ",", ("userID", "uid"))
    items = read_delimited(folder / split / "item_map.csv", ",", ("artistID", "iid"))
    return ColdUserSplit(files, _by_position(users, "userID", "uid"), _by_position(items, "artistID", "iid"))


def _by_position(given: DelimitedFile, name: str, position: str) -> list[str]:
    at = given.wholes(position)
    whole = np.array_equal(np.sort(at), np.arange(len(at)))
    require(whole, f"{given.path}: {position} must be the positions 0 to {len(at) - 1}, each once")
    return list(given.ids(name)[np.argsort(at)])


def _events(folder: Path) -> pd.DataFrame:
    given = read_delimited(folder / "user_artists.dat", "\t", ("userID", "artistID", "weight"), LATIN)
    viewers, videos = given.ids("userID"), given.ids("artistID")
    return frame(EVENTS, {
        "event_id": [f"lastfm:{viewer}:{video}" for viewer, video in zip(viewers, videos, strict=True)],
        "viewer_id": viewers,
        "video_id": videos,
        "event_type": "play",
        "value": given.wholes("weight").astype(np.float64),
        "occurred_at": COLLECTED,
    })  # fmt: skip


def _statements(folder: Path) -> pd.DataFrame:
    named = read_delimited(folder / "tags.dat", "\t", ("tagID", "tagValue"), LATIN)
    name_of = dict(zip(named.ids("tagID"), named.text("tagValue"), strict=True))
    columns = ("userID", "artistID", "tagID", "day", "month", "year")
    given = read_delimited(folder / "user_taggedartists.dat", "\t", columns, LATIN)
    try:
        names = [name_of[tag] for tag in given.ids("tagID")]
    except KeyError as error:
        raise DataError(f"{given.path} uses tag {error.args[0]!r}, which {named.path} does not name") from error
    rows = said("tag", given.ids("artistID"), names, source="viewer", known_at=_days(given))
    return agreed(rows, given.ids("userID")[rows.index])


def _days(given: DelimitedFile) -> Times:
    """(n,) ms at the end of each day, for only by then is it sure that the tag had been given."""
    dates = pd.DataFrame({name: given.wholes(name, low=1) for name in ("year", "month", "day")})
    days = pd.to_datetime(dates, errors="coerce").to_numpy("datetime64[ms]")
    bad = np.flatnonzero(np.isnat(days))
    require(not len(bad), f"{given.path} line {given.lines[bad[0]] if len(bad) else 0}: there is no such day")
    ends = days.astype(np.int64) + DAY_MS - 1
    return np.where(ends < FIRST_TAGS.timestamp() * 1000, int(COLLECTED.timestamp() * 1000) - 1, ends)
