import zipfile

import pytest

from recsys.datasets.unpack import unpack
from recsys.errors import AssetError


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "given.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("set/a.txt", "a")
        made.writestr("set/../../evil.txt", "evil")
        made.writestr("/etc/evil.txt", "evil")
        made.writestr("set/bomb.txt", b"\0" * 5_000_000)
    return path


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "out" / "here"
    made.mkdir(parents=True)
    return made


def test_only_the_named_files_touch_the_disk(archive, folder, tmp_path):
    unpack(archive, "set", ["a.txt"], folder, 100)
    assert (folder / "a.txt").read_text() == "a"
    assert {path.name for path in tmp_path.rglob("*.txt")} == {"a.txt"}


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil.txt", "../a.txt", "sub/a.txt"])
def test_a_name_that_leads_elsewhere_is_refused(archive, folder, tmp_path, name):
    with pytest.raises(AssetError, match="must be a file name without a path"):
        unpack(archive, "set", [name], folder, 100)
    assert not list(tmp_path.rglob("*.txt"))


def test_a_small_archive_that_unpacks_to_much_is_refused_before_the_disk_is_full(archive, folder):
    assert archive.stat().st_size < 50_000
    with pytest.raises(AssetError, match=r"set/bomb\.txt unpacks to more bytes than are allowed"):
        unpack(archive, "set", ["a.txt", "bomb.txt"], folder, 100)
    assert (folder / "bomb.txt").stat().st_size == 0


def test_a_file_that_is_not_in_it_is_named(archive, folder):
    with pytest.raises(AssetError, match=r"given\.zip lacks a file: .*set/b\.txt"):
        unpack(archive, "set", ["b.txt"], folder, 100)


def test_an_archive_that_broke_off_is_refused(archive, folder):
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(AssetError, match=r"given\.zip is not a whole zip archive"):
        unpack(archive, "set", ["a.txt"], folder, 100)


def test_a_damaged_file_in_it_is_refused(archive, folder):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as made:
        made.writestr("set/a.txt", "unharmed")
    archive.write_bytes(archive.read_bytes().replace(b"unharmed", b"Unharmed"))
    with pytest.raises(AssetError, match="not a whole zip archive"):
        unpack(archive, "set", ["a.txt"], folder, 100)
