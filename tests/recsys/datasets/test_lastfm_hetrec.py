import pandas as pd
import pytest

from recsys.datasets.lastfm_hetrec import COLLECTED, read_lastfm_hetrec, read_split
from recsys.errors import DataError

TAGGED = "userID\tartistID\ttagID\tday\tmonth\tyear\n"


@pytest.fixture
def folder(tmp_path):
    for name, content in {
        "artists.dat": 'id\tname\turl\tpictureURL\n51\tBjörk\tu\tp\n52\tThe "X\tu\tp\n',
        "tags.dat": "tagID\ttagValue\n1\tmétal\n2\tPop\n",
        "user_artists.dat": "userID\tartistID\tweight\n2\t51\t13883\n3\t52\t7\n",
        "user_taggedartists.dat": TAGGED + "2\t51\t1\t1\t4\t2009\n3\t51\t1\t1\t3\t2009\n2\t99\t2\t1\t4\t2009\n"
        "2\t52\t2\t1\t6\t1956\n",
    }.items():
        (tmp_path / name).write_bytes(content.encode("latin-1"))
    return tmp_path


def test_counts_are_values_as_of_the_day_the_set_was_collected(folder):
    tables = read_lastfm_hetrec(folder)
    assert tables.events["value"].tolist() == [13883, 7]
    assert set(tables.events["event_type"]) == {"play"}
    assert set(tables.events["occurred_at"]) == {COLLECTED}
    assert tables.videos["title"].tolist() == ["Björk", 'The "X']


def test_a_tag_is_known_when_the_first_listeners_day_is_over(folder):
    tables = read_lastfm_hetrec(folder)
    found = tables.taggings.set_index(["video_id", "tag_id"])
    assert set(found.index) == {("51", "tag:métal"), ("52", "tag:pop")}
    assert found.loc[("51", "tag:métal"), "known_at"] == pd.Timestamp("2009-03-01T23:59:59.999", tz="UTC")
    assert found.loc[("51", "tag:métal"), "confidence"] == 2 / 3


def test_a_day_before_there_were_tags_counts_as_the_last_one(folder):
    found = read_lastfm_hetrec(folder).taggings.set_index("tag_id")["known_at"]
    assert COLLECTED - pd.Timedelta(days=1) < found["tag:pop"] < COLLECTED


def test_an_impossible_day_is_named_with_its_line(folder):
    (folder / "user_taggedartists.dat").write_text(TAGGED + "2\t51\t1\t1\t4\t2009\n2\t51\t1\t31\t2\t2009\n")
    with pytest.raises(DataError, match="line 3: there is no such day"):
        read_lastfm_hetrec(folder)


def test_a_tag_without_a_name_is_an_error(folder):
    (folder / "user_taggedartists.dat").write_text(TAGGED + "2\t51\t9\t1\t4\t2009\n")
    with pytest.raises(DataError, match=r"uses tag '9', which .* does not name"):
        read_lastfm_hetrec(folder)


def test_the_split_maps_its_positions_to_the_ids_of_the_tables(folder):
    split = folder / "cold-user-split"
    split.mkdir()
    for name, lines in (("train", "1.0,0.0\n"), ("vali", ""), ("test", "0.0,1.0\n")):
        (split / f"{name}.csv").write_text(f"uid,iid\n{lines}")
    (split / "user_map.csv").write_text("userID,uid,part\n2,1,train\n3,0,test\n")
    (split / "item_map.csv").write_text("artistID,iid\n51,0\n52,1\n")
    found = read_split(folder)
    assert found.viewer_ids == ["3", "2"]
    assert found.video_ids == ["51", "52"]
    assert (found.files["train"].viewer.tolist(), found.files["train"].video.tolist()) == ([1], [0])
    (split / "item_map.csv").write_text("artistID,iid\n51,0\n52,2\n")
    with pytest.raises(DataError, match="iid must be the positions 0 to 1, each once"):
        read_split(folder)


@pytest.mark.shared
def test_the_published_counts_hold(shared_datasets):
    folder = shared_datasets / "hetrec2011-lastfm-2k"
    tables = read_lastfm_hetrec(folder)
    assert (len(tables.viewers), len(tables.videos), len(tables.events)) == (1892, 17_632, 92_834)
    assert tables.taggings["known_at"].notna().all()
    split = read_split(folder)
    assert sum(map(len, split.files.values())) == 92_834
    parts = [{*pairs.viewer.tolist()} for pairs in split.files.values()]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 1892
    known = set(zip(tables.events["viewer_id"], tables.events["video_id"], strict=True))
    train = split.files["train"]
    given = {(split.viewer_ids[u], split.video_ids[v]) for u, v in zip(train.viewer, train.video, strict=True)}
    assert given <= known
