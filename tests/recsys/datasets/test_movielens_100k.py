import json

import pandas as pd
import pytest

from recsys.datasets.movielens_100k import GENRES, read_movielens_100k
from recsys.errors import DataError


def flags(*names):
    return "|".join("1" if genre in names else "0" for genre in GENRES)


@pytest.fixture
def grouplens(tmp_path):
    folder = tmp_path / "grouplens"
    folder.mkdir()
    (folder / "u.data").write_text("196\t2\t3\t881250949\n186\t1\t5\t871250949\n196\t3\t1\t891250949\n")
    items = (
        f"1|Toy Story (1995)|01-Jan-1995||http://x|{flags('Animation', 'Comedy')}\n"
        f"2|Misérables, Les (1995)|01-Jan-1995||http://x|{flags('Drama')}\n"
        f"3|unknown||||{flags('unknown')}\n"
    )
    (folder / "u.item").write_bytes(items.encode("latin-1"))
    return folder


@pytest.fixture
def recbole(tmp_path):
    folder = tmp_path / "recbole"
    folder.mkdir()
    (folder / "ml-100k.inter").write_text(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        "196\t2\t3\t881250949\n186\t1\t5\t871250949\n196\t3\t1\t891250949\n"
    )
    (folder / "ml-100k.item").write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "1\tToy Story\t1995\tAnimation Comedy\n2\tMisérables, Les\t1995\tDrama\n3\tunknown\tunknown\tunknown\n",
        encoding="utf-8",
    )
    return folder


@pytest.mark.parametrize("table", ["events", "videos", "taggings", "tags", "tag_names", "viewers"])
def test_both_layouts_give_the_same_tables(grouplens, recbole, table):
    one, other = (getattr(read_movielens_100k(folder), table) for folder in (grouplens, recbole))
    assert len(one)
    pd.testing.assert_frame_equal(one, other)


def test_events_films_and_genres_are_what_the_files_say(grouplens):
    tables = read_movielens_100k(grouplens)
    assert tables.events["event_id"].tolist() == ["ml100k:186:1", "ml100k:196:2", "ml100k:196:3"]
    assert tables.events["event_type"].tolist() == ["like", "finish", "dislike"]
    assert tables.videos["title"].tolist() == ["Toy Story", "Misérables, Les", "unknown"]
    assert json.loads(tables.videos["attributes"].iloc[1]) == {"year": 1995}
    pairs = set(zip(tables.taggings["video_id"], tables.taggings["tag_id"], strict=True))
    assert pairs == {("1", "genre:animation"), ("1", "genre:comedy"), ("2", "genre:drama")}


def test_a_folder_of_neither_layout_is_an_error_that_says_how_to_get_one(tmp_path):
    with pytest.raises(DataError, match=r"neither u\.data nor ml-100k\.inter; `tagreel data get ml-100k`"):
        read_movielens_100k(tmp_path)


def test_a_film_with_too_few_cells_is_named_with_its_line(grouplens):
    (grouplens / "u.item").write_text("1|Toy Story (1995)|01-Jan-1995\n")
    with pytest.raises(DataError, match=r"u\.item line 1 has 3 cells; it must have 24"):
        read_movielens_100k(grouplens)
