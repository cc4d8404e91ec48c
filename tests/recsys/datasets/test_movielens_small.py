import json

import pandas as pd
import pytest

from recsys.datasets.movielens_small import read_movielens_small
from recsys.errors import ConfigError, DataError

RATINGS = "userId,movieId,rating,timestamp\n7,1,4.0,200\n7,2,3.5,100\n8,1,2.5,300\n"
MOVIES = (
    'movieId,title,genres\n1,Toy Story (1995),Adventure|Comedy\n2,"Misérables, Les (1995)",(no genres listed)\n'
    "3,Babylon 5,Drama\n"
)
TAGS = 'userId,movieId,tag,timestamp\n7,1,"Funny, very",1000\n8,1,"funny, very",900\n8,99,lost,900\n'


@pytest.fixture
def folder(tmp_path):
    for name, content in (("ratings", RATINGS), ("movies", MOVIES), ("tags", TAGS)):
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    return tmp_path


@pytest.fixture
def hetrec(tmp_path):
    made = tmp_path / "hetrec"
    made.mkdir()
    for name, content in {
        "movie_genres.dat": "movieID\tgenre\n1\tComedy\n2\tDrama\n",
        "movie_countries.dat": "movieID\tcountry\n1\tUSA\n2\t\n",
        "movie_directors.dat": "movieID\tdirectorID\tdirectorName\n1\tjohn_lasseter\tJohn Lasseter\n2\tx-téo\tTéo\n",
        "tags.dat": 'id\tvalue\n5\tnoël\n6\tsci/fi "x"\n',
        "movie_tags.dat": "movieID\ttagID\ttagWeight\n1\t5\t3\n1\t6\t1\n99\t5\t1\n",
        "user_taggedmovies-timestamps.dat": "userID\tmovieID\ttagID\tunixTimeStamp\n"
        "75\t1\t5\t2000\n76\t1\t5\t1000\n76\t99\t5\t9000\n",
    }.items():
        (made / name).write_bytes(content.encode("latin-1"))
    return made


def test_stars_become_likes_finishes_and_dislikes_in_time_order(folder):
    events = read_movielens_small(folder).events
    assert events["event_id"].tolist() == ["ml:7:2", "ml:7:1", "ml:8:1"]
    assert events["event_type"].tolist() == ["finish", "like", "dislike"]
    assert events["value"].tolist() == [3.5, 4.0, 2.5]
    assert events["occurred_at"].iloc[0] == pd.Timestamp(100, unit="s", tz="UTC")


def test_a_year_leaves_the_title_and_is_no_publishing_time(folder):
    videos = read_movielens_small(folder).videos
    assert videos["title"].tolist() == ["Toy Story", "Misérables, Les", "Babylon 5"]
    assert json.loads(videos["attributes"].iloc[0]) == {"year": 1995}
    assert pd.isna(videos["attributes"].iloc[2])
    assert videos["published_at"].isna().all()


def test_genres_are_known_from_the_start_and_tags_since_the_first_viewer_gave_them(folder):
    found = read_movielens_small(folder).taggings.set_index(["video_id", "tag_id"])
    assert set(found.index) == {("1", "genre:adventure"), ("1", "genre:comedy"), ("3", "genre:drama"),
                                ("1", "tag:funny,-very")}  # fmt: skip
    assert pd.isna(found.loc[("1", "genre:comedy"), "known_at"])
    funny = found.loc[("1", "tag:funny,-very")]
    assert (funny["source"], funny["confidence"]) == ("viewer", 2 / 3)
    assert funny["known_at"] == pd.Timestamp(900, unit="s", tz="UTC")


def test_tags_can_be_left_out_for_reports_of_leakage(folder, hetrec):
    assert read_movielens_small(folder, hetrec, tags="none").taggings.empty
    assert set(read_movielens_small(folder, hetrec, tags="editor").taggings["source"]) == {"editor"}
    with pytest.raises(ConfigError, match="tags is 'some'; it must be none, editor or all"):
        read_movielens_small(folder, tags="some")  # type: ignore[arg-type]


def test_hetrec_adds_countries_directors_and_weighted_tags_in_latin_1(folder, hetrec):
    tables = read_movielens_small(folder, hetrec)
    names = tables.tag_names.set_index("tag_id")["name"]
    assert names["director:x-téo"] == "Téo"
    assert names["tag:noël"] == "noël"
    assert names['tag:sci-fi-"x"'] == 'sci/fi "x"'
    assert tables.tags.set_index("tag_id").loc["country:usa", "dimension"] == "place"
    assert set(tables.taggings["video_id"]) <= {"1", "2", "3"}
    found = tables.taggings.set_index(["video_id", "tag_id"])
    assert ("2", "genre:drama") in found.index
    assert found.loc[("1", "tag:noël"), "confidence"] == 0.75


def test_a_hetrec_tag_without_a_time_counts_as_known_only_at_the_end_of_the_set(folder, hetrec):
    known = read_movielens_small(folder, hetrec).taggings.set_index(["video_id", "tag_id"])["known_at"]
    assert known["1", "tag:noël"] == pd.Timestamp(1000, unit="ms", tz="UTC")
    assert known["1", 'tag:sci-fi-"x"'] == pd.Timestamp(9000, unit="ms", tz="UTC")


def test_a_hetrec_tag_without_a_name_is_an_error(folder, hetrec):
    (hetrec / "tags.dat").write_text("id\tvalue\n5\tx\n")
    with pytest.raises(DataError, match=r"uses tag '6', which .* does not name"):
        read_movielens_small(folder, hetrec)


def test_a_bad_rating_is_named_with_its_line(folder):
    (folder / "ratings.csv").write_text(RATINGS + "9,1,good,400\n")
    with pytest.raises(DataError, match=r"ratings\.csv line 5: rating is 'good'"):
        read_movielens_small(folder)


@pytest.mark.shared
def test_the_published_counts_hold(shared_datasets):
    tables = read_movielens_small(shared_datasets / "ml-latest-small")
    assert (len(tables.viewers), len(tables.videos), len(tables.events)) == (610, 9742, 100_836)
    assert tables.tags["tag_id"].str.startswith("genre:").sum() == 19
    assert tables.events["event_id"].is_unique
    assert tables.events["occurred_at"].is_monotonic_increasing
    assert [tables.events["occurred_at"].iloc[at].year for at in (0, -1)] == [1996, 2018]


@pytest.mark.shared
def test_hetrec_covers_as_many_ratings_with_tags_as_published(shared_datasets):
    folder, hetrec = shared_datasets / "ml-latest-small", shared_datasets / "hetrec2011-movielens-tags"

    def coverage(tables):
        tagged = tables.taggings.loc[tables.taggings["source"] == "viewer", "video_id"]
        return 100 * tables.events["video_id"].isin(tagged).mean()

    assert coverage(read_movielens_small(folder)) == pytest.approx(47.9, abs=0.06)
    assert coverage(read_movielens_small(folder, hetrec)) == pytest.approx(87.7, abs=0.06)
