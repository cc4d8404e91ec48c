import numpy as np
import pytest

from recsys.codec import read_object, write_object
from recsys.errors import DataError
from recsys.ids import Ids

ODD = ["b", "a", "é", "🎬", "ａ", "B", "a\0b", "a b", "x" * 200, "日本", "ab", "á"]


def test_every_id_finds_its_row_and_every_row_its_id():
    ids = Ids.of(ODD)
    assert len(ids) == len(ODD)
    assert ids.take(ids.rows(ODD)) == ODD
    assert [ids[ids.row(one)] for one in ODD] == ODD
    assert all(one in ids for one in ODD)


def test_rows_follow_the_order_of_the_bytes_whatever_order_ids_come_in():
    expected = sorted(ODD, key=str.encode)
    for order in (ODD, ODD[::-1], sorted(ODD)):
        assert Ids.of(order).take(np.arange(len(ODD))) == expected


def test_repeats_count_once():
    assert len(Ids.of(["a", "b", "a", "a"])) == 2


@pytest.mark.parametrize("unknown", ["", "c", "A", "a\0", "aa", "é" * 300, "zzz", "\ud800", "a\ud800"])
def test_an_unknown_id_has_no_row_one_by_one_or_in_bulk(unknown):
    ids = Ids.of(ODD)
    assert ids.row(unknown) == -1
    assert ids.rows([unknown, "a"]).tolist() == [-1, ids.row("a")]
    assert unknown not in ids
    assert ids.appended(["later"]).rows([unknown, "later"]).tolist() == [-1, len(ODD)]


def test_of_nothing_nothing_is_known():
    ids = Ids.of([])
    assert len(ids) == 0
    assert ids.row("a") == -1
    assert ids.rows(["a", "b"]).tolist() == [-1, -1]
    assert ids.rows([]).shape == (0,)
    assert ids.rows([]).dtype == np.int32


@pytest.mark.parametrize(
    "bad, message",
    [("", "is empty"), ("a\0", "ends in a NUL"), ("\0", "ends in a NUL"), ("\ud83c", "half a character")],
)
def test_what_cannot_be_stored_is_refused(bad, message):
    with pytest.raises(DataError, match=message):
        Ids.of(["fine", bad])


def test_appended_ids_stand_behind_in_their_own_order_and_move_nobody():
    ids = Ids.of(["b", "d"])
    more = ids.appended(["z", "a", "b", "z", "é"])
    assert more.take(np.arange(5)) == ["b", "d", "z", "a", "é"]
    assert more.rows(["a", "b", "c", "d", "é", "z"]).tolist() == [3, 0, -1, 1, 4, 2]
    again = more.appended(["c", "a"])
    assert again.row("c") == 5
    assert len(again) == 6
    assert len(ids) == 2
    assert "z" not in ids


def test_appending_nothing_new_gives_the_same_ids():
    ids = Ids.of(["a"])
    assert ids.appended(["a"]) is ids
    assert ids.appended([]) is ids


def test_bulk_and_single_lookups_agree_on_random_ids():
    rng = np.random.default_rng(0)
    letters = list("abé🎬\0 ")
    words = {"".join(rng.choice(letters, rng.integers(1, 6))) for _ in range(400)}
    stored = sorted(one for one in words if one and not one.endswith("\0"))[::2]
    ids = Ids.of(stored)
    for one, row in zip(words, ids.rows(list(words)), strict=True):
        assert row == ids.row(one)
        assert (row >= 0) == (one in set(stored))


def test_ids_are_stored_as_they_are_and_mapped_back(tmp_path):
    many = Ids.of([*ODD, *(f"video-{at}" for at in range(5000))])
    again = read_object(tmp_path, write_object(tmp_path, many, "ids"), Ids)
    assert isinstance(again.encoded.base, np.memmap)
    assert again.take(again.rows(ODD)) == ODD
    assert len(again) == len(many)


def test_ids_with_later_ones_are_not_stored_by_half(tmp_path):
    with pytest.raises(DataError, match="ids that came later, 'z'"):
        write_object(tmp_path, Ids.of(["a"]).appended(["z"]), "ids")
