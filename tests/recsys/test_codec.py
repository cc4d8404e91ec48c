import json
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import sparse

from recsys.codec import SMALL, read_object, write_object
from recsys.errors import BundleError, DataError
from recsys.ids import Ids
from recsys.schema import Floats


@dataclass(frozen=True, eq=False)
class Inner:
    matrix: sparse.csr_array
    power: float = float("inf")


@dataclass(frozen=True, eq=False)
class Outer:
    ids: Ids
    values: Floats
    inner: Inner
    several: tuple[Inner, ...]
    knots: tuple[float, ...]
    weights: dict[str, float]
    maybe: Floats | None = None
    nothing: Inner | None = None
    name: str = "é"
    count: int = 3
    flag: bool = True
    options: dict[str, float] = field(default_factory=dict)


def matrix(n=3, seed=0):
    return sparse.random_array((n, 4), density=0.5, format="csr", dtype=np.float32, rng=np.random.default_rng(seed))


def outer(n=3):
    inner = Inner(matrix(n))
    return Outer(
        Ids.of(["b", "ä"]), np.arange(n, dtype=np.float32), inner, (inner, Inner(matrix(2, 1), 0.5)),
        (0.0, float("inf")), {"vendor:x": 0.25, "y": 1.0}, maybe=np.eye(2, dtype=np.float32),
    )  # fmt: skip


def round_trip(folder, value):
    tree = json.loads(json.dumps(write_object(folder, value), allow_nan=False))
    return read_object(folder, tree, type(value))


@pytest.mark.parametrize("n", [0, 3, 5000], ids=["empty", "small", "mapped"])
def test_everything_a_model_may_hold_comes_back_as_it_was(tmp_path, n):
    value = outer(n)
    again = round_trip(tmp_path, value)
    np.testing.assert_array_equal(again.values, value.values)
    np.testing.assert_array_equal(again.ids.encoded, value.ids.encoded)
    np.testing.assert_array_equal(again.inner.matrix.toarray(), value.inner.matrix.toarray())
    assert again.inner.power == float("inf")
    assert [one.power for one in again.several] == [float("inf"), 0.5]
    np.testing.assert_array_equal(again.several[1].matrix.toarray(), value.several[1].matrix.toarray())
    assert (again.knots, again.weights, again.options) == (value.knots, value.weights, {})
    assert again.nothing is None
    np.testing.assert_array_equal(again.maybe, np.eye(2))
    assert (again.name, again.count, again.flag) == ("é", 3, True)
    assert again.values.dtype == again.inner.matrix.dtype == np.float32
    assert again.inner.matrix.shape == (n, 4)


def arrays_of(value):
    return [
        value.ids.encoded, value.values, value.maybe,
        *(getattr(one.matrix, part) for one in (value.inner, *value.several) for part in ("data", "indices", "indptr")),
    ]  # fmt: skip


@pytest.mark.parametrize("n", [3, 5000], ids=["small", "mapped"])
def test_what_was_read_cannot_be_written_to(tmp_path, n):
    for array in arrays_of(round_trip(tmp_path, outer(n))):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = array


def test_large_arrays_are_mapped_and_small_ones_read(tmp_path):
    again = round_trip(tmp_path, outer(5000))
    assert isinstance(again.values.base, np.memmap)
    assert not isinstance(again.maybe.base, np.memmap)
    assert (tmp_path / "values.npy").stat().st_size > SMALL


def test_an_array_in_another_memory_order_comes_back_the_same(tmp_path):
    value = outer()
    turned = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    tree = write_object(tmp_path, turned, "turned")
    np.testing.assert_array_equal(read_object(tmp_path, tree, np.ndarray), turned)
    assert write_object(tmp_path, value.values[::2], "strided") == "strided.npy"


@dataclass(frozen=True)
class Planted:
    values: Floats


class Evil:
    def __reduce__(self):
        return (print, ("pwned",))


def test_pickled_objects_are_refused_written_or_read(tmp_path, capsys):
    objects = np.array([Evil()], dtype=object)
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        write_object(tmp_path, Planted(objects))
    np.save(tmp_path / "values.npy", objects, allow_pickle=True)
    with pytest.raises(BundleError, match=r"values\.npy cannot be read"):
        read_object(tmp_path, {"values": "values.npy"}, Planted)
    large = np.array([Evil()] + [None] * 9000, dtype=object)
    np.save(tmp_path / "values.npy", large, allow_pickle=True)
    with pytest.raises(BundleError, match=r"values\.npy cannot be read"):
        read_object(tmp_path, {"values": "values.npy"}, Planted)
    assert capsys.readouterr().out == ""


def test_a_whole_archive_in_the_place_of_an_array_is_refused(tmp_path):
    np.savez(tmp_path / "values.npz", a=np.ones(3))
    (tmp_path / "values.npz").rename(tmp_path / "values.npy")
    with pytest.raises(BundleError, match=r"values\.npy"):
        read_object(tmp_path, {"values": "values.npy"}, Planted)


@pytest.mark.parametrize(
    "name", ["../values.npy", "/etc/passwd", "sub/values.npy", "values.txt", "", None, 3, {}, ".."]
)
def test_only_plain_array_files_of_the_folder_itself_are_opened(tmp_path, name):
    (tmp_path / "sub").mkdir()
    folder = tmp_path / "bundle"
    folder.mkdir()
    for place in (tmp_path / "values.npy", tmp_path / "sub" / "values.npy"):
        np.save(place, np.ones(3))
    with pytest.raises(BundleError, match="is no array of"):
        read_object(folder, {"values": name}, Planted)


def test_a_missing_file_and_a_missing_field_are_named(tmp_path):
    with pytest.raises(BundleError, match=r"values\.npy cannot be read"):
        read_object(tmp_path, {"values": "values.npy"}, Planted)
    with pytest.raises(BundleError, match="lacks values"):
        read_object(tmp_path, {}, Planted)
    with pytest.raises(BundleError, match="lacks values"):
        read_object(tmp_path, "values.npy", Planted)


def test_bytes_that_are_no_array_never_raise_anything_else(tmp_path):
    np.save(tmp_path / "good.npy", np.arange(40, dtype=np.float32))
    good, rng = (tmp_path / "good.npy").read_bytes(), np.random.default_rng(0)
    for size in (0, 3, 6, 8, 10, 60, 127, 128, 130, len(good) - 1):
        (tmp_path / "values.npy").write_bytes(good[:size])
        with pytest.raises(BundleError, match=r"values\.npy"):
            read_object(tmp_path, {"values": "values.npy"}, Planted)
    for _ in range(600):
        content = bytearray(good)
        content[rng.integers(0, 128)] = rng.integers(0, 256)
        (tmp_path / "values.npy").write_bytes(bytes(content))
        with suppress(BundleError):  # some changes leave an array, such as one of other numbers
            read_object(tmp_path, {"values": "values.npy"}, Planted)


def test_what_has_no_place_in_a_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="values is <class 'list'>: no such field"):
        write_object(tmp_path, Planted([1, 2]))
