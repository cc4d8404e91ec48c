from pathlib import Path

import pytest

from recsys.datasets.delimited import read_delimited
from recsys.errors import DataError


def written(folder: Path, content: bytes) -> Path:
    path = folder / "given.txt"
    path.write_bytes(content)
    return path


def test_cells_come_by_column_and_empty_lines_are_passed_over(tmp_path):
    given = read_delimited(written(tmp_path, b"a,b\r\n1,x\r\n\r\n2, y \r\n\r\n"), ",")
    assert given.wholes("a").tolist() == [1, 2]
    assert given.text("b").tolist() == ["x", "y"]


def test_latin_1_is_read_as_such_and_refused_as_utf_8(tmp_path):
    path = written(tmp_path, "id\tname\n1\tBjörk\n".encode("latin-1"))
    assert read_delimited(path, "\t", encoding="latin-1").text("name").tolist() == ["Björk"]
    with pytest.raises(DataError, match=r"given\.txt is not utf-8"):
        read_delimited(path, "\t")


def test_a_next_line_character_of_latin_1_does_not_end_a_line(tmp_path):
    path = written(tmp_path, b"id\tname\n1\ta\x85b\n2\tc\n")
    assert read_delimited(path, "\t", encoding="latin-1").text("name").tolist() == ["a\x85b", "c"]


def test_quotes_hold_separators_only_where_a_file_is_quoted(tmp_path):
    path = written(tmp_path, b'id,name\n1,"a, b"\n')
    assert read_delimited(path, ",", quoted=True).text("name").tolist() == ["a, b"]
    with pytest.raises(DataError, match="line 2 has 3 cells; it must have 2"):
        read_delimited(path, ",")


def test_a_number_that_is_none_is_named_with_its_line_past_empty_lines(tmp_path):
    given = read_delimited(written(tmp_path, b"a\n1\n\nmany\n"), ",")
    with pytest.raises(DataError, match=r"line 4: a is 'many'; it must be a finite number"):
        given.reals("a")


@pytest.mark.parametrize("cell", ["1.5", "-1", "nan", "inf"])
def test_only_whole_numbers_in_range_count_as_whole(tmp_path, cell):
    given = read_delimited(written(tmp_path, f"a\n{cell}\n".encode()), ",")
    with pytest.raises(DataError, match="line 2: a is"):
        given.wholes("a")


def test_an_empty_id_is_named_with_its_line(tmp_path):
    given = read_delimited(written(tmp_path, b"a,b\n1,x\n ,y\n"), ",")
    with pytest.raises(DataError, match="line 3: a is ' '; an id may not be empty"):
        given.ids("a")


def test_a_missing_file_and_a_missing_column_are_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv is missing"):
        read_delimited(tmp_path / "none.csv", ",")
    with pytest.raises(DataError, match="has no column rating; its columns are a, b"):
        read_delimited(written(tmp_path, b"a,b\n"), ",", ("a", "rating"))
