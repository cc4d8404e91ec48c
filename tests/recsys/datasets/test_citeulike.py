import pytest

from recsys.datasets.citeulike import COLLECTED, read_citeulike, read_counted, read_split
from recsys.errors import DataError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "users.dat").write_text("2 0 2\n1 1\n")
    (tmp_path / "item-tag.dat").write_text("1 1\n0\n2 0 1\n0")
    (tmp_path / "tags.dat").write_text("gene_set\ngene-set\n", encoding="utf-8")
    return tmp_path


def test_line_n_is_object_n_from_0(folder):
    tables = read_citeulike(folder)
    assert list(zip(tables.events["viewer_id"], tables.events["video_id"], strict=True)) == [
        ("0", "0"), ("0", "2"), ("1", "1"),
    ]  # fmt: skip
    assert tables.videos["video_id"].tolist() == ["0", "1", "2"]
    assert set(zip(tables.taggings["video_id"], tables.taggings["tag_id"], strict=True)) == {
        ("0", "tag:gene-set"), ("2", "tag:gene-set"), ("2", "tag:gene_set"),
    }  # fmt: skip


def test_every_event_carries_the_documented_stand_in_for_a_time(folder):
    tables = read_citeulike(folder)
    assert set(tables.events["occurred_at"]) == {COLLECTED}
    assert tables.taggings["known_at"].isna().all()


@pytest.mark.parametrize("line", ["3 4 5", "1 4 5"])
def test_a_count_that_is_not_that_of_its_ids_is_named_with_its_line(folder, line):
    (folder / "users.dat").write_text(f"1 0\n{line}\n")
    with pytest.raises(DataError, match=rf"users\.dat line 2 counts {line[0]} ids but has 2"):
        read_citeulike(folder)


@pytest.mark.parametrize(("line", "what"), [("1 x", "has 'x'"), ("", "is empty"), ("1 -4", "has '-4'"), ("1 é", "has")])
def test_a_line_that_is_no_list_of_whole_numbers_is_named(folder, line, what):
    (folder / "users.dat").write_text(f"1 0\n{line}\n1 0\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"users\.dat line 2 {what}"):
        read_counted(folder / "users.dat")


def test_a_tag_without_a_name_is_an_error(folder):
    (folder / "item-tag.dat").write_text("1 2\n")
    with pytest.raises(DataError, match=r"uses tag 2, but tags\.dat names only 2"):
        read_citeulike(folder)


def test_a_split_is_explicit_pairs_by_file(folder):
    split = folder / "cold-item-split"
    split.mkdir()
    for name, lines in (("train", "1,0\n0,2\n"), ("vali", ""), ("test", "0,1\n")):
        (split / f"{name}.csv").write_text(f"uid,iid\n{lines}")
    found = read_split(folder, "cold-item-split")
    assert {name: len(pairs) for name, pairs in found.items()} == {"train": 2, "vali": 0, "test": 1}
    assert (found["train"].viewer.tolist(), found["train"].video.tolist()) == ([1, 0], [0, 2])


def test_an_unknown_split_names_those_there_are(folder):
    with pytest.raises(DataError, match="no split 'random'; there is warm-cold-split, cold-item-split"):
        read_split(folder, "random")


@pytest.mark.shared
def test_the_published_counts_hold(shared_datasets):
    tables = read_citeulike(shared_datasets / "citeulike-a")
    assert (len(tables.viewers), len(tables.videos), len(tables.events)) == (5551, 16_980, 204_986)
    assert tables.events["event_id"].is_unique
    untagged = 1 - tables.taggings["video_id"].nunique() / len(tables.videos)
    assert round(untagged, 1) == 0.2
    assert len(tables.taggings) == 239_253


@pytest.mark.shared
def test_the_published_splits_are_whole_and_cold_items_are_cold(shared_datasets):
    folder = shared_datasets / "citeulike-a"
    clcr, ctr = read_split(folder, "warm-cold-split"), read_split(folder, "cold-item-split")
    assert sum(map(len, clcr.values())) == sum(map(len, ctr.values())) == 204_986
    assert (len(ctr["train"]), len(set(ctr["train"].video))) == (164_210, 13_584)
    cold = {*ctr["vali"].video, *ctr["test"].video}
    assert (len(ctr["vali"]) + len(ctr["test"]), len(cold)) == (40_776, 3396)
    assert not cold & set(ctr["train"].video)
    cold = {*clcr["cold_item_val"].video, *clcr["cold_item_test"].video}
    assert len(cold) == 3396
    assert not cold & {*clcr["warm_emb"].video, *clcr["warm_val"].video, *clcr["warm_test"].video}
