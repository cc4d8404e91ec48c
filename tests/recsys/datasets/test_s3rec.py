import json

import pandas as pd
import pytest

from recsys.datasets.s3rec import EPOCH, read_s3rec
from recsys.errors import ConfigError, DataError


@pytest.fixture
def folder(tmp_path):
    for part in ("Beauty", "LastFM"):
        (tmp_path / f"{part}.txt").write_text("1 10 2 10\n\n2 2\n")
        (tmp_path / f"{part}_item2attributes.json").write_text(json.dumps({"2": [7, 7, 8], "11": [7]}))
    return tmp_path


def test_order_becomes_times_that_increase_within_each_viewer(folder):
    events = read_s3rec(folder).events
    mine = events[events["viewer_id"] == "1"]
    assert mine["video_id"].tolist() == ["10", "2", "10"]
    assert mine["occurred_at"].tolist() == [EPOCH + pd.Timedelta(hours=at) for at in range(3)]
    assert events["occurred_at"].is_monotonic_increasing
    assert events["event_id"].is_unique


def test_items_with_attributes_alone_are_videos_too(folder):
    assert read_s3rec(folder).videos["video_id"].tolist() == ["2", "10", "11"]


def test_repeats_are_votes_of_listeners_but_not_of_a_shop(folder):
    votes = read_s3rec(folder, "LastFM").taggings.set_index(["video_id", "tag_id"])["confidence"]
    assert votes["2", "attribute:7"] == 2 / 3
    shop = read_s3rec(folder, "Beauty").taggings
    assert shop["confidence"].isna().all()
    assert set(shop["source"]) == {"editor"}


@pytest.mark.parametrize("content", ["[1]", '{"2": 7}', "{"])
def test_attributes_of_another_shape_are_an_error(folder, content):
    (folder / "Beauty_item2attributes.json").write_text(content)
    with pytest.raises(DataError, match="Beauty_item2attributes"):
        read_s3rec(folder)


def test_a_cell_that_is_no_number_is_named_with_its_line(folder):
    (folder / "Beauty.txt").write_text("1 10\n\n2 b\n")
    with pytest.raises(DataError, match=r"Beauty\.txt line 3 has 'b'"):
        read_s3rec(folder)


def test_another_part_is_bad_use(folder):
    with pytest.raises(ConfigError, match="part is 'Toys'; it must be Beauty or LastFM"):
        read_s3rec(folder, "Toys")  # type: ignore[arg-type]


@pytest.mark.shared
@pytest.mark.parametrize(("part", "counts"), [("Beauty", (22_363, 12_101, 198_502)), ("LastFM", (1090, 3646, 52_551))])
def test_the_published_counts_hold(shared_datasets, part, counts):
    tables = read_s3rec(shared_datasets / "s3rec", part)
    assert (len(tables.viewers), len(tables.videos), len(tables.events)) == counts
    assert set(tables.taggings["video_id"]) == set(tables.videos["video_id"])
