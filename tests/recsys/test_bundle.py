"""Bundles: the same inputs give the same bytes, and nothing but what was written is ever opened."""

import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from recsys.bundle import MANIFEST, SCHEMA, open_bundle, read_manifest, save_manifest, write_bundle
from recsys.errors import BundleError
from recsys.interactions import Profiles

ABOUT = {"config": {"seed": 1}, "data": {"as_of": 1_700_000_000_000}}


@pytest.fixture(scope="module")
def written(contents, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(folder, contents, ABOUT)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    """A copy that may be damaged."""
    shutil.copytree(written, tmp_path / "copy")
    return tmp_path / "copy"


def rewrite(folder, **changed):
    """Change a manifest and make its version fit, as somebody who knows how would."""
    manifest = {**json.loads((folder / MANIFEST).read_text()), **changed}
    content = {key: value for key, value in manifest.items() if key not in ("version", "publication")}
    manifest["version"] = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return manifest


def entry(path):
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def largest(folder):
    return max(folder.glob("*.npy"), key=lambda path: path.stat().st_size)


def test_an_opened_bundle_ranks_exactly_as_what_was_written(written, contents, platform):
    bundle = open_bundle(written)
    data = platform.data
    profiles = Profiles.of(data.events.pairs(), data.videos, data.as_of)
    np.testing.assert_array_equal(
        bundle.contents.model.score(profiles, bundle.contents.videos), contents.model.score(profiles, contents.videos)
    )
    assert bundle.contents.ids.take(np.arange(9)) == contents.ids.take(np.arange(9))
    assert bundle.as_of == ABOUT["data"]["as_of"]
    assert bundle.manifest["config"] == ABOUT["config"]
    assert bundle.manifest["publication"] is None
    assert len(bundle.version) == 16


def test_the_same_inputs_give_the_same_version_byte_for_byte(written, contents, tmp_path):
    write_bundle(tmp_path, contents, ABOUT)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in written.iterdir()
    }


def test_any_other_input_gives_another_version(written, contents, tmp_path):
    changes = [
        (contents, {**ABOUT, "config": {"seed": 2}}),
        (contents, {**ABOUT, "more": 1}),
        (replace(contents, published=contents.published - 1), ABOUT),
    ]
    versions = {open_bundle(written).version}
    for number, (changed, about) in enumerate(changes):
        (tmp_path / str(number)).mkdir()
        versions.add(write_bundle(tmp_path / str(number), changed, about))
    assert len(versions) == 4


def test_what_happened_after_training_stands_outside_the_version(folder):
    before = open_bundle(folder)
    save_manifest(folder, {**before.manifest, "publication": {"forced": True}})
    after = open_bundle(folder)
    assert after.version == before.version
    assert after.manifest["publication"] == {"forced": True}


def test_arrays_are_read_only(written):
    contents = open_bundle(written).contents
    for array in (
        contents.published, contents.video_events, contents.ids.encoded, contents.videos.rows,
        contents.videos.tags.data, contents.videos.tags.indptr,
        contents.model.item_item.weights, contents.model.blend.corners,
    ):  # fmt: skip
        with pytest.raises(ValueError, match="read-only"):
            array[...] = array


def test_every_file_is_checked_for_truncation(written, tmp_path):
    for number, name in enumerate(path.name for path in sorted(written.glob("*.npy"))):
        copy = tmp_path / str(number)
        shutil.copytree(written, copy)
        content = (copy / name).read_bytes()
        (copy / name).write_bytes(content[:-1])
        with pytest.raises(BundleError, match=f"{name} has {len(content) - 1} bytes, not {len(content)}: truncated"):
            open_bundle(copy, verify=False)


def test_a_single_altered_bit_is_found_by_verifying(folder):
    content = bytearray(largest(folder).read_bytes())
    content[len(content) // 2] ^= 1
    largest(folder).write_bytes(bytes(content))
    with pytest.raises(BundleError, match=f"{largest(folder).name} was altered"):
        open_bundle(folder)


def test_a_missing_file_is_named(folder):
    victim = largest(folder)
    victim.unlink()
    with pytest.raises(BundleError, match=f"{victim.name} is missing from its bundle"):
        open_bundle(folder)


def test_a_file_that_is_not_listed_is_named(folder):
    np.save(folder / "extra.npy", np.ones(3))
    with pytest.raises(BundleError, match=r"extra\.npy is not listed in its manifest"):
        open_bundle(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", f'{{"schema": {SCHEMA}}}', "\udcff"])
def test_a_manifest_that_is_none_is_named(folder, content):
    (folder / MANIFEST).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(BundleError, match=r"manifest\.json"):
        open_bundle(folder)


def test_where_no_manifest_is_there_is_no_bundle(folder):
    (folder / MANIFEST).unlink()
    with pytest.raises(BundleError, match=r"manifest\.json is missing: no bundle there, or one half written"):
        read_manifest(folder)
    (folder / MANIFEST).mkdir()
    with pytest.raises(BundleError, match=r"manifest\.json cannot be read"):
        read_manifest(folder)


@pytest.mark.parametrize("schema", [SCHEMA + 1, SCHEMA - 1, None, str(SCHEMA)])
def test_another_schema_is_refused_with_the_way_out(folder, schema):
    rewrite(folder, schema=schema)
    with pytest.raises(BundleError, match=rf"has schema {schema}; this version reads {SCHEMA}: train again"):
        open_bundle(folder)


@pytest.mark.parametrize("path", [("data", "as_of"), ("config", "seed"), ("contents", "model"), ("files", "ids.npy")])
def test_any_altered_word_of_the_manifest_is_found(folder, path):
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest[path[0]][path[1]] = 0
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"manifest\.json was altered: it calls itself"):
        read_manifest(folder)


def test_an_altered_version_is_found(folder):
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "version": "0" * 16}))
    with pytest.raises(BundleError, match="it calls itself 0000000000000000"):
        read_manifest(folder)


@pytest.mark.parametrize("name", ["../secret.npy", "/etc/hostname", "sub/../../secret.npy"])
def test_no_file_outside_the_bundle_is_listed(folder, name):
    np.save(folder.parent / "secret.npy", np.ones(3))
    manifest = json.loads((folder / MANIFEST).read_text())
    rewrite(folder, files={**manifest["files"], name: entry(folder.parent / "secret.npy")})
    with pytest.raises(BundleError, match="lies outside its bundle"):
        open_bundle(folder)


def test_no_file_outside_the_bundle_is_reached_by_a_link(folder):
    victim = largest(folder)
    victim.rename(folder.parent / "outside.npy")
    victim.symlink_to(folder.parent / "outside.npy")
    with pytest.raises(BundleError, match="lies outside its bundle"):
        open_bundle(folder)


@pytest.mark.parametrize("name", ["../secret.npy", "/etc/hostname", "unlisted.npy", "manifest.json"])
def test_no_file_that_is_not_listed_is_opened_as_an_array(folder, name):
    np.save(folder.parent / "secret.npy", np.ones(3))
    manifest = json.loads((folder / MANIFEST).read_text())
    rewrite(folder, contents={**manifest["contents"], "published": name})
    with pytest.raises(BundleError, match=r"is no array of|cannot be read"):
        open_bundle(folder)


@pytest.mark.parametrize(
    "changed",
    [{"files": None}, {"files": []}, {"files": {"ids.npy": None}}, {"files": {"ids.npy": {}}}, {"contents": None},
     {"contents": {}}],
)  # fmt: skip
def test_a_manifest_of_the_wrong_shape_is_refused(folder, changed):
    rewrite(folder, **changed)
    with pytest.raises(BundleError):
        open_bundle(folder)


@pytest.mark.parametrize("field", ["videos", "model", "vectorizer", "ids", "published"])
def test_contents_of_the_wrong_shape_are_refused(folder, field):
    manifest = json.loads((folder / MANIFEST).read_text())
    for wrong in (None, 3, [], {}, "ids.npy"):
        if (field, wrong) in (("ids", "ids.npy"), ("published", "ids.npy")):
            continue
        rewrite(folder, contents={**manifest["contents"], field: wrong})
        with pytest.raises(BundleError):
            open_bundle(folder)


def test_arrays_that_do_not_fit_together_are_refused(folder):
    manifest = json.loads((folder / MANIFEST).read_text())
    videos = {**manifest["contents"]["videos"], "rows": "model.blend.corners.npy"}
    rewrite(folder, contents={**manifest["contents"], "videos": videos})
    with pytest.raises(BundleError, match="do not fit together"):
        open_bundle(folder)


def test_a_pickled_array_is_refused_even_where_its_hash_fits(folder):
    np.save(folder / "published.npy", np.array([print], dtype=object), allow_pickle=True)
    manifest = json.loads((folder / MANIFEST).read_text())
    rewrite(folder, files={**manifest["files"], "published.npy": entry(folder / "published.npy")})
    with pytest.raises(BundleError, match=r"published\.npy cannot be read"):
        open_bundle(folder)


def test_saving_a_manifest_that_fails_leaves_the_old_one(folder):
    before = (folder / MANIFEST).read_bytes()
    with pytest.raises(TypeError):
        save_manifest(folder, {"not": object()})
    assert (folder / MANIFEST).read_bytes() == before
