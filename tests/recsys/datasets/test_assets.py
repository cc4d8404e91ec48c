import hashlib
import io
import json
import os
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from recsys.datasets.asset_list import MOVIELENS_100K
from recsys.datasets.assets import PENDING, Asset, File, Source, cached_asset, default_cache_dir, fetch_asset
from recsys.datasets.checksums import Checksum
from recsys.datasets.transport import Transport
from recsys.errors import AssetError

RATINGS = b"1\t2\t3\n"


def zipped(inside: str, **files: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        for name, content in files.items():
            made.writestr(zipfile.ZipInfo(f"{inside}/{name}"), content)
    return whole.getvalue()


ARCHIVE = zipped("set", ratings=RATINGS)
WHEEL = zipped("carrier/set", same=RATINGS)


def asset(**changes: object) -> Asset:
    publisher = Source(
        address="https://publisher.example/set.zip",
        checksum=Checksum(algorithm="md5", digest=hashlib.md5(ARCHIVE).hexdigest()),
        inside="set",
        files=(File(name="ratings"),),
    )
    package = Source(
        package="carrier==1.0",
        inside="carrier/set",
        files=(File(name="same", sha256=hashlib.sha256(RATINGS).hexdigest()),),
    )
    return Asset(name="set", licence="for research", **{"sources": (publisher, package)} | changes)  # type: ignore[arg-type]


@dataclass
class World:
    """Both ways out: bytes to give, or an exception to raise."""

    publisher: bytes | BaseException = ARCHIVE
    package: bytes | BaseException = WHEEL
    asked: list[str] = field(default_factory=list)

    def transport(self) -> Transport:
        return Transport(download=self.download, download_package=self.download_package)

    def download(self, address, target, max_bytes, progress):
        self.asked.append(address)
        target.write_bytes(b"half")
        if isinstance(self.publisher, BaseException):
            raise self.publisher
        target.write_bytes(self.publisher)
        progress(len(self.publisher), len(self.publisher))

    def download_package(self, requirement, folder) -> Path:
        self.asked.append(requirement)
        if isinstance(self.package, BaseException):
            raise self.package
        (folder / "carrier-1.0.whl").write_bytes(self.package)
        return folder / "carrier-1.0.whl"


DOWN = AssetError("no answer")


def test_the_publisher_is_asked_first(tmp_path):
    world, told = World(), []
    got = fetch_asset(asset(), tmp_path, lambda *step: told.append(step), world.transport())
    assert (got.source_used, got.licence, got.passed_over) == (
        "https://publisher.example/set.zip", "for research", (),
    )  # fmt: skip
    assert (got.path / "ratings").read_bytes() == RATINGS
    assert world.asked == ["https://publisher.example/set.zip"]
    assert told == [(len(ARCHIVE), len(ARCHIVE))]
    assert sorted(os.listdir(got.path)) == ["ratings", "receipt.json"]


def test_where_the_publisher_is_down_the_package_is_used_and_the_answer_says_so(tmp_path):
    got = fetch_asset(asset(), tmp_path, transport=World(publisher=DOWN).transport())
    assert got.source_used == "carrier==1.0"
    assert got.passed_over == ("no answer",)
    assert (got.path / "same").read_bytes() == RATINGS


def test_wrong_bytes_of_the_publisher_are_refused_thrown_away_and_told(tmp_path):
    wrong = zipped("set", ratings=b"forged")
    got = fetch_asset(asset(), tmp_path, transport=World(publisher=wrong).transport())
    assert got.source_used == "carrier==1.0"
    (reason,) = got.passed_over
    assert hashlib.md5(wrong).hexdigest() in reason
    assert hashlib.md5(ARCHIVE).hexdigest() in reason
    assert not any(b"forged" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_wrong_bytes_in_the_package_are_refused_with_the_file_what_was_expected_and_what_was_got(tmp_path):
    world = World(publisher=DOWN, package=zipped("carrier/set", same=b"forged"))
    with pytest.raises(AssetError) as caught:
        fetch_asset(asset(), tmp_path, transport=world.transport())
    message = str(caught.value)
    assert "same from carrier==1.0" in message
    assert hashlib.sha256(RATINGS).hexdigest() in message
    assert hashlib.sha256(b"forged").hexdigest() in message
    assert os.listdir(tmp_path) == []


def test_a_wheel_of_another_checksum_is_not_even_opened(tmp_path):
    one = asset()
    pinned = Source(
        package="carrier==1.0", checksum=Checksum(digest="0" * 64), inside="carrier/set", files=one.sources[1].files
    )
    with pytest.raises(AssetError, match=f"carrier==1.0 has sha256 .*; expected {'0' * 64}"):
        fetch_asset(asset(sources=(pinned,)), tmp_path, transport=World().transport())


def test_where_nobody_answers_the_error_says_what_each_said_and_what_to_do_instead(tmp_path):
    world = World(publisher=DOWN, package=AssetError("there is no pip"))
    with pytest.raises(AssetError, match="no answer; there is no pip; run `tagreel data simulate`"):
        fetch_asset(asset(), tmp_path, transport=world.transport())
    assert os.listdir(tmp_path) == []


def test_a_whole_cache_is_used_again_without_asking_anyone(tmp_path):
    first = fetch_asset(asset(), tmp_path, transport=World(publisher=DOWN).transport())
    world = World()
    again = fetch_asset(asset(), tmp_path, transport=world.transport())
    assert world.asked == []
    assert (again.path, again.source_used) == (first.path, "carrier==1.0")


@pytest.mark.parametrize("harm", ["change", "remove", "receipt", "foreign receipt"])
def test_a_harmed_cache_is_fetched_anew(tmp_path, harm):
    place = fetch_asset(asset(), tmp_path, transport=World().transport()).path
    if harm == "change":
        (place / "ratings").write_bytes(b"other")
    elif harm == "remove":
        (place / "ratings").unlink()
    elif harm == "receipt":
        (place / "receipt.json").write_text("{")
    else:
        (place / "receipt.json").write_text(json.dumps({"source": "https://elsewhere.example/"}))
    world = World()
    got = fetch_asset(asset(), tmp_path, transport=world.transport())
    assert len(world.asked) == 1
    assert (got.path / "ratings").read_bytes() == RATINGS
    assert os.listdir(tmp_path) == ["set"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), MemoryError()])
def test_an_interrupted_download_leaves_nothing(tmp_path, stop):
    with pytest.raises(type(stop)):
        fetch_asset(asset(), tmp_path, transport=World(publisher=stop).transport())
    assert os.listdir(tmp_path) == []


def test_what_a_killed_process_left_is_swept_away_after_a_day_but_not_before(tmp_path):
    for name, age_s in (("old", 100_000), ("young", 100)):
        left = tmp_path / f"{PENDING}set-{name}"
        left.mkdir()
        os.utime(left, (time.time() - age_s,) * 2)
    fetch_asset(asset(), tmp_path, transport=World().transport())
    assert sorted(os.listdir(tmp_path)) == [f"{PENDING}set-young", "set"]


def test_files_of_a_folder_address_are_fetched_and_checked_one_by_one(tmp_path):
    files = (File(name="ratings", sha256=hashlib.sha256(RATINGS).hexdigest()),)
    one = asset(sources=(Source(address="https://publisher.example/set/", files=files),))
    world = World(publisher=RATINGS)
    assert (fetch_asset(one, tmp_path, transport=world.transport()).path / "ratings").read_bytes() == RATINGS
    assert world.asked == ["https://publisher.example/set/ratings"]


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("TAGREEL_CACHE", str(tmp_path))
    assert default_cache_dir() == tmp_path
    monkeypatch.delenv("TAGREEL_CACHE")
    assert "tagreel" in default_cache_dir().parts


def test_the_100k_archive_is_pinned_to_the_publishers_md5_and_its_package_to_sha256():
    publisher, package = MOVIELENS_100K.sources
    assert publisher.checksum == Checksum(algorithm="md5", digest="0e33842e24a9c977be4e0107933c0723")
    assert package.package == "recbole==1.2.1"
    assert {file.name: str(file.sha256)[:8] for file in package.files} == {
        "ml-100k.inter": "4edb74e2", "ml-100k.item": "51d7cdf7",
    }  # fmt: skip


def test_the_cache_alone_gives_what_it_holds_and_names_the_next_step_where_it_does_not(tmp_path):
    with pytest.raises(AssetError, match=r"set is not in .*, or not whole; run `tagreel data simulate`"):
        cached_asset(asset(), tmp_path)
    fetched = fetch_asset(asset(), tmp_path, transport=World().transport())
    assert cached_asset(asset(), tmp_path).path == fetched.path
    (fetched.path / "ratings").write_bytes(b"forged")
    with pytest.raises(AssetError, match="not whole"):
        cached_asset(asset(), tmp_path)
